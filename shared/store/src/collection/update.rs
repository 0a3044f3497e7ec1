use deskless_domain::{AttemptId, Collected, InvalidField, Precondition, Resource};

use super::item::is_of;
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    condition::Condition,
    transaction::{Commit, Transaction},
};

impl TenantStore {
    /// AP-18: changes one of a collection. `expected` holds the versions under which the caller wants the change; `None`
    /// means any. It is read, changed and put back if nobody was faster; otherwise all of that once more, so that of two
    /// changes to different fields none is lost.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`], [`StoreError::Archived`], and what `change` refuses.
    pub async fn update_resource<T: Collected>(
        &self,
        id: T::Id,
        precondition: &Precondition,
        change: impl Fn(T) -> Result<T, InvalidField> + Send + Sync,
    ) -> Result<Resource<T>, StoreError> {
        let edit = |resource: Resource<T>| {
            if resource.archived_at.is_some() {
                return Err(StoreError::Archived);
            }
            let fields = change(resource.fields).map_err(StoreError::InvalidField)?;
            Ok(Edit::To(Resource { fields, ..resource }))
        };
        self.rewrite(id, precondition, edit).await
    }

    pub(super) async fn rewrite<T: Collected>(
        &self,
        id: T::Id,
        precondition: &Precondition,
        edit: impl Fn(Resource<T>) -> Result<Edit<T>, StoreError> + Send + Sync,
    ) -> Result<Resource<T>, StoreError> {
        let attempt = AttemptId::generate(self.clock());
        let mut backoff = Backoff::new(self.clock());
        loop {
            let found = self.get_resource::<T>(id).await?;
            precondition.check(found.version)?;
            let before = found.version;
            let next = match edit(found)? {
                Edit::None(resource) => return Ok(resource),
                Edit::To(resource) => Resource { version: before + 1, updated_at: self.clock().now(), ..resource },
            };
            let mut transaction = Transaction::default();
            let unchanged = Condition::none().version(&Precondition::exactly(before));
            let itself = transaction.put(self, self.resource_item(&next, attempt)?, unchanged)?;
            match transaction.commit(self, &mut backoff).await? {
                Commit::Done => return Ok(next),
                Commit::Failed(failed) if is_of(failed.existing(itself), attempt) => return Ok(next),
                Commit::Failed(_) => backoff.pause("the resource keeps changing").await?,
            }
        }
    }
}

/// What to write, if anything.
pub(super) enum Edit<T: Collected> {
    /// It is as it shall be.
    None(Resource<T>),
    /// This; version and time are set by whoever writes it.
    To(Resource<T>),
}
