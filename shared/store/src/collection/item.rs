use deskless_domain::{AttemptId, Collected, Resource, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    expression::text,
    item::{self, Item, string},
    keys::{TenantKeys, resource_of},
};

/// One of a collection, as it is stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceItem<T> {
    fields: T,
    version: u64,
    /// The last write, by which a repeated one recognises itself.
    attempt: AttemptId,
    updated_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    archived_at: Option<i64>,
}

/// When it was archived: only such an item has it.
pub(super) const ARCHIVED_AT: &str = "archivedAt";
/// Where the fields lie, the name among them.
pub(super) const FIELDS: &str = "fields";

/// The partition and the place in the first index, of what it lists by a text.
pub(super) const LISTING: &str = "gsi1pk";
pub(super) const PLACE: &str = "activity";

const ATTEMPT: &str = "attempt";

impl TenantStore {
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
            item.insert(PLACE.to_owned(), text(TenantKeys::text_sort_key(sort_text, resource.id)));
        }
        Ok(item)
    }
}

pub(super) fn read<T: Collected>(found: Item) -> Result<Resource<T>, StoreError> {
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

pub(super) fn id_of<T: Collected>(item: &Item) -> Result<T::Id, StoreError> {
    string(item, "sk").and_then(resource_of).ok_or_else(unreadable)
}

pub(super) fn unreadable() -> StoreError {
    StoreError::Internal("a collection's key cannot be read".to_owned())
}

/// Whether this attempt is what stands there: then its first answer was lost.
pub(super) fn is_of(item: Option<&Item>, attempt: AttemptId) -> bool {
    item.and_then(|item| string(item, ATTEMPT)) == Some(attempt.to_string().as_str())
}
