use std::cmp::Reverse;

use deskless_domain::{CustomerRecord, MessageId};
use futures_util::future::try_join_all;

use super::item::read;
use crate::{
    StoreError, TenantStore,
    expression::{packed_id, text},
    keys::BY_STATUS,
};

/// One page of customers.
#[derive(Debug)]
pub struct CustomerPage {
    /// The customers, newest first.
    pub customers: Vec<CustomerRecord>,
    /// The position of the next page; `None` on the last one.
    pub next: Option<MessageId>,
}

impl TenantStore {
    /// AP-23: lists customers, newest first. The index is eventually consistent. A page ends at `limit` customers or 1 MB of
    /// a partition.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_customers(&self, after: Option<MessageId>, limit: usize) -> Result<CustomerPage, StoreError> {
        let partitions = self.customer_partitions().map(|partition| {
            let mut request = self
                .client()
                .query()
                .table_name(self.table())
                .index_name(BY_STATUS.name)
                .expression_attribute_values(":pk", text(partition))
                .scan_index_forward(false)
                // One more than the limit shows whether there is another page.
                .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX));
            request = match after {
                None => request.key_condition_expression("p1 = :pk"),
                Some(after) => request
                    .key_condition_expression("p1 = :pk AND a < :after")
                    .expression_attribute_values(":after", packed_id(after)),
            };
            async move { request.send().await.map_err(|e| StoreError::from_sdk(&e)) }
        });
        let mut customers = Vec::new();
        // The positions up to which partitions that have more customers were read. The page must not go beyond the first.
        let mut frontier: Option<MessageId> = None;
        for output in try_join_all(partitions).await? {
            let has_more = output.last_evaluated_key().is_some();
            let found = output.items.unwrap_or_default().into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
            if has_more && let Some(last) = found.last() {
                frontier = frontier.max(Some(last.list_position));
            }
            customers.extend(found);
        }
        customers.sort_by_key(|record: &CustomerRecord| Reverse(record.list_position));
        // While a customer moves to another partition, the index may show them in both.
        customers.dedup_by_key(|record| record.list_position);
        customers.retain(|record| frontier.is_none_or(|frontier| record.list_position >= frontier));
        let has_more = frontier.is_some() || customers.len() > limit;
        customers.truncate(limit);
        let next = customers.last().filter(|_| has_more).map(|record| record.list_position);
        Ok(CustomerPage { customers, next })
    }
}
