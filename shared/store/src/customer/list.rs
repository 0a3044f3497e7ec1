use deskless_domain::{CustomerRecord, MessageId};

use super::item::read;
use crate::{StoreError, TenantStore, expression::text};

/// One page of customers.
#[derive(Debug)]
pub struct CustomerPage {
    /// The customers, newest first.
    pub customers: Vec<CustomerRecord>,
    /// The position of the next page; `None` on the last one.
    pub next: Option<MessageId>,
}

impl TenantStore {
    /// AP-23: lists customers, newest first. The index is eventually consistent. A page ends at `limit` customers or 1 MB.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_customers(&self, after: Option<MessageId>, limit: usize) -> Result<CustomerPage, StoreError> {
        let mut request = self
            .client()
            .query()
            .table_name(self.table())
            .index_name("gsi1")
            .expression_attribute_values(":pk", text(self.keys().customer_listing(0)))
            .scan_index_forward(false)
            // One more than the limit shows whether there is another page.
            .limit(i32::try_from(limit + 1).unwrap_or(i32::MAX));
        request = match after {
            None => request.key_condition_expression("gsi1pk = :pk"),
            Some(after) => request
                .key_condition_expression("gsi1pk = :pk AND activity < :after")
                .expression_attribute_values(":after", text(after)),
        };
        let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
        let has_more = output.last_evaluated_key().is_some();
        let items = output.items.unwrap_or_default();
        let has_more = has_more || items.len() > limit;
        let customers = items.into_iter().take(limit).map(read).collect::<Result<Vec<_>, _>>()?;
        let next = customers.last().filter(|_| has_more).map(|record| record.list_position);
        Ok(CustomerPage { customers, next })
    }
}
