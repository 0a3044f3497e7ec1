//! Small collections: inboxes, members, assistants, pipelines, views, predefined messages and automations share these use
//! cases.

#[cfg(doc)]
use deskless_domain::Kind;
use deskless_domain::{Clock, Collected, InvalidField, Offset, OffsetPage, Precondition, Resource};
use deskless_store::{IdempotencyKey, Once, ResourcePage, StoreError, TenantStore};

use crate::AppError;

/// A patch of a resource's fields.
pub trait Patch<T> {
    /// Returns the fields after the update.
    ///
    /// # Errors
    /// When the patch contradicts the stored fields.
    fn apply(&self, fields: T, clock: &dyn Clock) -> Result<T, InvalidField>;
}

/// AP-17: Creates a resource.
///
/// # Errors
/// `Conflict` when there are too many of the kind; [`AppError::IdempotencyKeyReused`].
pub async fn create<T: Collected>(
    store: &TenantStore,
    fields: T,
    key: Option<&IdempotencyKey>,
) -> Result<Once<Resource<T>>, AppError> {
    Ok(store.create_resource(fields, key).await?)
}

/// Returns a resource, even if it is archived.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn get<T: Collected>(store: &TenantStore, id: T::Id) -> Result<Resource<T>, AppError> {
    Ok(store.get_resource(id).await?)
}

/// Lists resources, oldest first, without archived ones.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list<T: Collected>(
    store: &TenantStore,
    after: Option<T::Id>,
    limit: usize,
) -> Result<ResourcePage<T>, AppError> {
    Ok(store.list_resources(after, limit).await?)
}

/// Returns all resources of a kind, oldest first, without archived ones. There are at most [`Kind::max_resources`] of them.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn all<T: Collected>(store: &TenantStore) -> Result<Vec<Resource<T>>, AppError> {
    Ok(store.all_resources().await?)
}

/// Lists resources by offset, oldest first, without archived ones. Reads all of them: at most [`Kind::max_resources`]. For another
/// order or a filter, sort and filter what [`all`] returns, and take [`OffsetPage::of_all`] of it.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list_at<T: Collected>(
    store: &TenantStore,
    offset: Offset,
    limit: usize,
) -> Result<OffsetPage<Resource<T>>, AppError> {
    Ok(OffsetPage::of_all(all(store).await?, offset, limit))
}

/// AP-18: Updates a resource. Writes it over the version that was read, and starts again if it was updated meanwhile, so that
/// concurrent updates of different fields are not lost.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`]; `Conflict` when it is archived; what the patch rejects.
pub async fn update<T: Collected>(
    store: &TenantStore,
    id: T::Id,
    patch: &impl Patch<T>,
    precondition: &Precondition,
) -> Result<Resource<T>, AppError> {
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let found = store.get_resource::<T>(id).await?;
        precondition.check(found.version).map_err(StoreError::from)?;
        if found.archived_at.is_some() {
            return Err(StoreError::Archived.into());
        }
        let fields = patch.apply(found.fields.clone(), store.clock())?;
        let next = found.with_fields(fields, store.clock().now());
        if store.replace_resource(&found, &next).await? {
            return Ok(next);
        }
        backoff.pause("the resource keeps changing").await?;
    }
}

/// AP-18: Deletes a resource. A resource of a kind that conversations refer to is archived instead: it is no longer listed, and
/// conversations keep its name.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`].
pub async fn delete<T: Collected>(store: &TenantStore, id: T::Id, precondition: &Precondition) -> Result<(), AppError> {
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let found = store.get_resource::<T>(id).await?;
        precondition.check(found.version).map_err(StoreError::from)?;
        let is_done = if !T::IS_REFERRED_TO {
            store.remove_resource(&found).await?
        } else if found.archived_at.is_some() {
            true
        } else {
            store.replace_resource(&found, &found.archived(store.clock().now())).await?
        };
        if is_done {
            return Ok(());
        }
        backoff.pause("the resource keeps changing").await?;
    }
}
