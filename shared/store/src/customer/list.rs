use std::cmp::Reverse;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use deskless_domain::{CustomerRecord, MessageId, Offset, OffsetPage, Order, Total};
use futures_util::future::try_join_all;

use super::item::read;
use crate::{
    StoreError, TenantStore,
    expression::{packed_id, text},
    item::{Item, string},
    keys::{ACTIVITY, BY_STATUS},
    packed::unpack,
    scan::{MIN_COUNTED, MOST_COUNTED, Rows, Scan, Skipped},
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
        let rows = CustomerRows { store: self, partitions: self.customer_partitions().collect() };
        let requests = (0..rows.partitions()).filter_map(|partition| rows.request(partition, after));
        let partitions = requests.map(|request| {
            // One more than the limit shows whether there is another page.
            let request = request.limit(i32::try_from(limit + 1).unwrap_or(i32::MAX));
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

    /// AP-135: lists customers by offset, newest first, and counts them, up to 10,000. The index is eventually consistent. A page is
    /// short only at the end of the list.
    ///
    /// # Errors
    /// [`StoreError::InvalidField`] when the offset cannot be reached in 8 seconds; when the table does not respond.
    pub async fn list_customers_at(
        &self,
        offset: Offset,
        limit: usize,
    ) -> Result<OffsetPage<CustomerRecord>, StoreError> {
        let rows = CustomerRows { store: self, partitions: self.customer_partitions().collect() };
        let mut scan = Scan::new(rows, self.work());
        let mut after = match scan.skip(offset.rows()).await? {
            Skipped::All(count) => return Ok(OffsetPage { rows: Vec::new(), total: Total::exact(count as u64) }),
            Skipped::To(last) => last,
        };
        let mut rows = Vec::new();
        let mut is_at_end = false;
        while rows.len() < limit && !is_at_end {
            scan.bound().check()?;
            let page = self.list_customers(after, limit - rows.len()).await?;
            self.work().read(page.customers.len());
            rows.extend(page.customers);
            is_at_end = page.next.is_none();
            after = page.next;
        }
        let seen = offset.rows() + rows.len();
        if is_at_end {
            return Ok(OffsetPage { rows, total: Total::exact(seen as u64) });
        }
        let rest = scan.count_after(after, MOST_COUNTED.saturating_sub(seen).max(MIN_COUNTED)).await?;
        let count = (seen + rest.count) as u64;
        Ok(OffsetPage { rows, total: Total { count, is_exact: rest.is_complete } })
    }
}

/// The rows of the index that lists customers.
struct CustomerRows<'a> {
    store: &'a TenantStore,
    partitions: Vec<String>,
}

impl Rows for CustomerRows<'_> {
    const PROJECTION: &'static str = "a";

    fn order(&self) -> Order {
        Order::Desc
    }

    fn partitions(&self) -> usize {
        self.partitions.len()
    }

    fn request(&self, partition: usize, reached: Option<MessageId>) -> Option<QueryFluentBuilder> {
        let request = self
            .store
            .client()
            .query()
            .table_name(self.store.table())
            .index_name(BY_STATUS.name)
            .expression_attribute_values(":pk", text(&self.partitions[partition]))
            .scan_index_forward(false);
        Some(match reached {
            None => request.key_condition_expression("p1 = :pk"),
            Some(after) => request
                .key_condition_expression("p1 = :pk AND a < :after")
                .expression_attribute_values(":after", packed_id(after)),
        })
    }

    fn position(item: &Item) -> Option<MessageId> {
        string(item, ACTIVITY).and_then(unpack)
    }
}
