//! Reads what is due, across all workspaces.

use deskless_domain::{Timestamp, WorkspaceId};

use super::DueItem;
use crate::{
    Store, StoreError, TenantStore,
    expression::{number, text},
    item::{Item, integer, string},
    keys::{BY_DUE_TIME, DUE, DUE_SHARDS, due_of, due_partition},
};

/// Reads what is due, across all workspaces. An item's workspace is taken from its key. No function of the API creates one.
#[derive(Debug, Clone)]
pub struct DueFeed(Store);

/// A position in a shard of the index.
#[derive(Debug, Clone)]
pub struct DuePosition(Item);

/// A page of what is due in one shard.
#[derive(Debug)]
pub struct DuePage {
    /// The items, those first that have been due for the longest time.
    pub items: Vec<DueItem>,
    /// The number of items of a kind that this version does not know: another version runs beside this one.
    pub unknown: usize,
    /// Where the next page begins. `None` after the last one.
    pub next: Option<DuePosition>,
}

impl DueFeed {
    /// The number of shards.
    pub const SHARDS: u8 = DUE_SHARDS;

    /// Creates a feed of the whole table.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    /// Returns the store, without a workspace.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0
    }

    /// AP-180: reads what is due at this time in one shard, from the beginning or from a position. A page has up to `limit` items, and
    /// at most 1 MB of keys, some 5,000. The index is eventually consistent: an item may be listed that is no longer due.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_due(
        &self,
        shard: u8,
        now: Timestamp,
        from: Option<DuePosition>,
        limit: Option<i32>,
    ) -> Result<DuePage, StoreError> {
        let output = self
            .0
            .client()
            .query()
            .table_name(self.0.table())
            .index_name(BY_DUE_TIME.name)
            .key_condition_expression("#p = :p AND #due <= :now")
            .expression_attribute_names("#p", BY_DUE_TIME.partition)
            .expression_attribute_names("#due", DUE)
            .expression_attribute_values(":p", text(due_partition(shard)))
            .expression_attribute_values(":now", number(now.as_millis()))
            .set_exclusive_start_key(from.map(|from| from.0))
            .set_limit(limit)
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        let found = output.items.unwrap_or_default();
        let count = found.len();
        let items: Vec<_> = found.iter().filter_map(due_item).collect();
        Ok(DuePage { unknown: count - items.len(), items, next: output.last_evaluated_key.map(DuePosition) })
    }

    /// Returns the store of a workspace; `None` if it is being deleted.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn open(&self, workspace: WorkspaceId) -> Result<Option<TenantStore>, StoreError> {
        self.0.open(workspace).await
    }
}

fn due_item(item: &Item) -> Option<DueItem> {
    let (workspace, due) = due_of(string(item, "pk")?, string(item, "sk")?)?;
    Some(DueItem { workspace, due, at: Timestamp::from_millis(integer(item, DUE)?) })
}
