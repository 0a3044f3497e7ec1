use std::collections::HashMap;

use deskless_domain::{BulkAction, BulkActionId};

use super::item::read;
use crate::{
    StoreError, TenantStore,
    expression::text,
    item::{Item, is_over, string},
};

/// One page of bulk actions.
#[derive(Debug)]
pub struct BulkActionPage {
    /// The actions, newest first.
    pub actions: Vec<BulkAction>,
    /// Where to go on, if there may be more.
    pub next: Option<BulkActionId>,
}

impl TenantStore {
    /// AP-73: one page of the workspace's bulk actions, newest first, read strongly: their places in the list, then they
    /// themselves. At most a hundred.
    ///
    /// # Errors
    /// When the table does not answer.
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
            // One more than asked for tells whether there is another page.
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX));
        request = match after {
            None => request.key_condition_expression("pk = :pk"),
            Some(after) => request
                .key_condition_expression("pk = :pk AND sk < :after")
                .expression_attribute_values(":after", text(after)),
        };
        let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
        let now = self.clock().now();
        let listed: Vec<Item> = output.items.unwrap_or_default();
        let ids: Vec<_> = listed
            .iter()
            .filter(|row| !is_over(row, now))
            .filter_map(|row| string(row, "sk").and_then(BulkActionId::parse))
            .collect();
        // What is past its time stands behind everything that is not.
        let more = ids.len() > limit;
        let ids = &ids[..ids.len().min(limit)];
        let mut found = HashMap::new();
        for item in self.get_all(ids.iter().map(|&id| self.keys().bulk_action(id)).collect()).await? {
            found.extend(read(item, now)?);
        }
        let actions = ids.iter().filter_map(|id| Some(found.remove(id)?.into_action(*id))).collect();
        Ok(BulkActionPage { actions, next: ids.last().copied().filter(|_| more) })
    }
}
