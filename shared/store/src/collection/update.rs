use deskless_domain::{AttemptId, Collected, InvalidField, Resource};

use super::item::is_of;
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    expression::number,
    item::Item,
    transaction::{Outcome, Standing, Transaction},
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
        expected: Option<Vec<u64>>,
        change: impl Fn(T) -> Result<T, InvalidField> + Send + Sync,
    ) -> Result<Resource<T>, StoreError> {
        let edit = |resource: Resource<T>| {
            if resource.archived_at.is_some() {
                return Err(StoreError::Archived);
            }
            let fields = change(resource.fields).map_err(StoreError::InvalidField)?;
            Ok(Edit::To(Resource { fields, ..resource }))
        };
        self.rewrite(id, expected, edit).await
    }

    pub(super) async fn rewrite<T: Collected>(
        &self,
        id: T::Id,
        expected: Option<Vec<u64>>,
        edit: impl Fn(Resource<T>) -> Result<Edit<T>, StoreError> + Send + Sync,
    ) -> Result<Resource<T>, StoreError> {
        let attempt = AttemptId::generate(self.clock());
        let mut backoff = Backoff::new(self.clock());
        loop {
            let found = self.get_resource::<T>(id).await?;
            if expected.as_ref().is_some_and(|versions| !versions.contains(&found.version)) {
                return Err(StoreError::VersionMismatch);
            }
            let before = found.version;
            let next = match edit(found)? {
                Edit::None(resource) => return Ok(resource),
                Edit::To(resource) => Resource { version: before + 1, updated_at: self.clock().now(), ..resource },
            };
            let mut transaction = Transaction::default();
            let itself = transaction.put_with(
                self,
                self.resource_item(&next, attempt)?,
                Some("version = :before"),
                Item::from([(":before".to_owned(), number(before))]),
            )?;
            match transaction.commit(self, &mut backoff).await? {
                Outcome::Committed => return Ok(next),
                Outcome::Refused(refusal) if is_of(refusal.of(itself).and_then(Standing::item), attempt) => {
                    return Ok(next);
                }
                Outcome::Refused(_) => {}
            }
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("what shall be changed keeps changing".to_owned()));
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
