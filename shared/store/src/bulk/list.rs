use std::collections::HashMap;

use deskless_domain::{BulkAction, BulkActionId};

use super::item::read;
use crate::{
    StoreError, TenantStore,
    expression::{packed_id, text},
    item::{Item, is_expired, string},
    packed::unpack,
};

/// One page of bulk actions.
#[derive(Debug)]
pub struct BulkActionPage {
    /// The bulk actions, newest first.
    pub actions: Vec<BulkAction>,
    /// The position of the next page; `None` on the last one.
    pub next: Option<BulkActionId>,
}

impl TenantStore {
    /// AP-73: lists bulk actions, newest first, strongly consistent, at most 100 on a page. Reads their entries in the
    /// list, then their items.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_bulk_actions(
        &self,
        after: Option<BulkActionId>,
        limit: usize,
    ) -> Result<BulkActionPage, StoreError> {
        let mut request = self
            .client()
            .query()
            .table_name(self.table())
            .consistent_read(true)
            .scan_index_forward(false)
            .expression_attribute_values(":pk", text(self.keys().bulk_listings()))
            // One more than the limit shows whether there is another page.
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX));
        request = match after {
            None => request.key_condition_expression("pk = :pk"),
            Some(after) => request
                .key_condition_expression("pk = :pk AND sk < :after")
                .expression_attribute_values(":after", packed_id(after)),
        };
        let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
        let now = self.clock().now();
        let listed: Vec<Item> = output.items.unwrap_or_default();
        let ids: Vec<_> = listed
            .iter()
            .filter(|item| !is_expired(item, now))
            .filter_map(|item| string(item, "sk").and_then(unpack))
            .collect();
        // Expired bulk actions are the oldest, so they come last.
        let has_more = ids.len() > limit;
        let ids = &ids[..ids.len().min(limit)];
        let mut found = HashMap::new();
        for item in self.get_all(ids.iter().map(|&id| self.keys().bulk_action(id)).collect(), true).await? {
            found.extend(read(item, now)?.map(|job| (job.action.id, job.action)));
        }
        let actions = ids.iter().filter_map(|id| found.remove(id)).collect();
        Ok(BulkActionPage { actions, next: ids.last().copied().filter(|_| has_more) })
    }
}
