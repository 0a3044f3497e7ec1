//! Removes objects that no message refers to any more.

use deskless_domain::ContentId;

use super::write::attributes;
use crate::{StoreError, TenantStore, item::Item};

/// An object whose message was deleted, or that never had one.
#[derive(Debug)]
pub struct ContentChange {
    /// The store of the workspace.
    pub tenant: TenantStore,
    /// The object.
    pub id: ContentId,
}

impl ContentChange {
    /// Derives the change between two images of an object's item. Returns `None` if there is nothing to erase.
    pub(crate) fn of(tenant: TenantStore, id: ContentId, before: &Item, after: &Item) -> Option<Self> {
        // An item that expires is due when it has expired.
        let (item, expires) = if after.is_empty() { (before, true) } else { (after, false) };
        let is_due = item.contains_key(attributes::JOB) && item.contains_key(attributes::EXPIRES_AT) == expires;
        is_due.then_some(Self { tenant, id })
    }
}

impl TenantStore {
    /// AP-132: removes an object, and then its item.
    ///
    /// # Errors
    /// When S3 or the table does not respond.
    pub async fn erase_content(&self, id: ContentId) -> Result<(), StoreError> {
        self.bucket()?.delete(&self.keys().content_object(id)).await?;
        self.delete(self.keys().content(id)).await
    }
}
