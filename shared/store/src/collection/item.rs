use deskless_domain::{AttemptId, Collected, Resource, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    expression::text,
    item::{self, Item, string},
    keys::{ACTIVITY, BY_STATUS, TenantKeys, resource_of},
};

/// A resource's item.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceItem<T> {
    fields: T,
    #[serde(rename = "v")]
    version: u64,
    /// The attempt that wrote this version, so that a retry recognizes its own write.
    attempt: AttemptId,
    updated_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    archived_at: Option<i64>,
}

/// The attribute for the time at which the resource was archived. Other resources do not have it.
pub(super) const ARCHIVED_AT: &str = "archivedAt";
/// The attribute with the resource's fields.
pub(super) const FIELDS: &str = "fields";

/// The partition key of the first index, for resources that are listed by a text.
pub(super) const LISTING: &str = BY_STATUS.partition;
/// The sort key of the first index, for resources that are listed by a text.
pub(super) const SORT_KEY: &str = ACTIVITY;

const ATTEMPT: &str = "attempt";

impl TenantStore {
    /// Returns the item of a resource.
    pub(super) fn resource_item<T: Collected>(
        &self,
        resource: &Resource<T>,
        attempt: AttemptId,
    ) -> Result<Item, StoreError> {
        let attributes = ResourceItem {
            fields: resource.fields.clone(),
            version: resource.version,
            attempt,
            updated_at: resource.updated_at.as_millis(),
            archived_at: resource.archived_at.map(Timestamp::as_millis),
        };
        let mut item = item::write(self.keys().resource(T::KIND, resource.id), &attributes)?;
        if let Some(sort_text) = resource.fields.sort_text() {
            item.insert(LISTING.to_owned(), text(self.keys().collection(T::KIND)));
            item.insert(SORT_KEY.to_owned(), text(TenantKeys::text_sort_key(sort_text, resource.id)));
        }
        Ok(item)
    }
}

/// Converts a resource's item.
pub(crate) fn read<T: Collected>(found: Item) -> Result<Resource<T>, StoreError> {
    let id = id_of::<T>(&found)?;
    let attributes: ResourceItem<T> = item::read(found)?;
    Ok(Resource {
        id,
        fields: attributes.fields,
        version: attributes.version,
        updated_at: Timestamp::from_millis(attributes.updated_at),
        archived_at: attributes.archived_at.map(Timestamp::from_millis),
    })
}

/// Parses the sort key of a resource's item.
pub(super) fn id_of<T: Collected>(item: &Item) -> Result<T::Id, StoreError> {
    string(item, "sk").and_then(resource_of).ok_or_else(unreadable)
}

/// Returns the error for an item whose key cannot be parsed.
pub(super) fn unreadable() -> StoreError {
    StoreError::Internal("a resource's key cannot be read".to_owned())
}

/// Returns whether this attempt wrote the existing item. If so, its first response was lost.
pub(super) fn is_own_write(item: Option<&Item>, attempt: AttemptId) -> bool {
    item.and_then(|item| string(item, ATTEMPT)) == Some(attempt.to_string().as_str())
}
