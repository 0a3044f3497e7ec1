use std::cmp::Reverse;

use deskless_domain::{CustomerId, CustomerRecord, Email, MessageId, Offset, OffsetPage};

use super::{
    CustomerPage, EmailHolder,
    item::{is_erasing, read, read_as},
};
use crate::{StoreError, TenantStore, item::is_expired, scan::ScanBound};

/// The number of entries, and of customers, that are read at once.
const ENTRIES: usize = 100;

impl TenantStore {
    /// AP-21: reads one customer, strongly consistent.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such customer.
    pub async fn get_customer(&self, id: &CustomerId) -> Result<CustomerRecord, StoreError> {
        self.find_customer(id).await?.ok_or(StoreError::NotFound)
    }

    /// AP-21: reads one customer, strongly consistent. Returns `None` if there is none.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn find_customer(&self, id: &CustomerId) -> Result<Option<CustomerRecord>, StoreError> {
        let now = self.clock().now();
        self.get(self.keys().customer(id))
            .await?
            .filter(|item| !is_expired(item, now))
            .map(|item| read_as(item, id))
            .transpose()
    }

    /// AP-22: reads the customers who have an email address, newest first, strongly consistent.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_customers_by_email(
        &self,
        email: &Email,
        after: Option<MessageId>,
        limit: usize,
    ) -> Result<CustomerPage, StoreError> {
        // One more than the limit shows whether there is another page.
        let mut holders = self.newest_holders(email, after, limit + 1).await?;
        let has_more = holders.len() > limit;
        holders.truncate(limit);
        let next = holders.last().filter(|_| has_more).map(|holder| holder.position);
        let keys: Vec<_> = holders.iter().map(|holder| self.keys().customer(&holder.customer_id)).collect();
        let found = if keys.is_empty() { Vec::new() } else { self.get_all(keys, true).await? };
        let found = found.into_iter().filter(|item| !is_erasing(item)).map(read).collect::<Result<Vec<_>, _>>()?;
        let mut customers: Vec<CustomerRecord> = found;
        customers.sort_by_key(|record| Reverse(record.list_position));
        Ok(CustomerPage { customers, next })
    }

    /// AP-135: reads the customers who have an email address by offset, newest first, strongly consistent, and counts them. Reads the
    /// entries of all of them.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_customers_by_email_at(
        &self,
        email: &Email,
        offset: Offset,
        limit: usize,
    ) -> Result<OffsetPage<CustomerRecord>, StoreError> {
        let mut holders: Vec<EmailHolder> = Vec::new();
        let bound = ScanBound::new();
        loop {
            let after = holders.last().map(|holder| holder.position);
            let page = self.newest_holders(email, after, ENTRIES).await?;
            let is_last = page.len() < ENTRIES;
            holders.extend(page);
            if is_last {
                break;
            }
            bound.check()?;
        }
        let holders = OffsetPage::of_all(holders, offset, limit);
        let mut rows: Vec<CustomerRecord> = Vec::new();
        for holders in holders.rows.chunks(ENTRIES) {
            let keys = holders.iter().map(|holder| self.keys().customer(&holder.customer_id)).collect();
            let found = self.get_all(keys, true).await?;
            rows.extend(found.into_iter().filter(|item| !is_erasing(item)).map(read).collect::<Result<Vec<_>, _>>()?);
        }
        rows.sort_by_key(|record| Reverse(record.list_position));
        Ok(OffsetPage { rows, total: holders.total })
    }
}
