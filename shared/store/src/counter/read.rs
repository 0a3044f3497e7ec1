//! Reads the counters.

use aws_sdk_dynamodb::types::Select;
use deskless_domain::{Assigned, CustomerId, InboxId, MemberId, Status, Timestamp};

use super::cell::NEWEST;
use crate::{
    StoreError, TenantStore,
    conversation::attributes,
    expression::{packed_id, text},
    item::{integer, string},
    keys::{BY_CUSTOMER, TenantKeys, is_cell_of},
};

/// The maximum number of index items that one count evaluates.
const MOST_COUNTED: u64 = 10_000;

/// The conversations to count. All fields that are set must match.
#[derive(Debug, Clone, Default)]
pub struct CountFilter {
    /// Of this customer. Counts the items of the customer's index, up to 10,000.
    pub customer: Option<CustomerId>,
    /// Assigned to this member, or to none.
    pub assignee: Option<Assigned<MemberId>>,
    /// In this inbox.
    pub inbox: Option<InboxId>,
}

/// The number of conversations by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// The number with status `open`.
    pub open: u64,
    /// The number with status `waiting`.
    pub waiting: u64,
    /// The number with status `solved`.
    pub solved: u64,
    /// Whether the numbers include every change. Counters never claim it: nothing tells cheaply whether a change waits in the
    /// stream. A count that stopped at the maximum is a lower bound.
    pub exact: bool,
    /// The time of the newest change that the numbers include.
    pub as_of: Timestamp,
}

impl Counts {
    /// Returns the sum.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.open + self.waiting + self.solved
    }
}

impl TenantStore {
    /// AP-43, AP-44: counts conversations by status. A customer's are counted in their index; all others are read from the
    /// counters, which are eventually consistent.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn read_counts(&self, filter: &CountFilter) -> Result<Counts, StoreError> {
        match &filter.customer {
            Some(customer) => self.count_of_customer(customer, filter).await,
            None => self.sum_cells(filter).await,
        }
    }

    async fn sum_cells(&self, filter: &CountFilter) -> Result<Counts, StoreError> {
        let mut as_of = self.workspace_id().time();
        let settings = self.store().settings(self.workspace_id()).await?.ok_or(StoreError::NotFound)?;
        let generation = settings.counters.read;
        let prefix = match filter.assignee {
            Some(Assigned::To(member)) => TenantKeys::counters_of(generation, Some(member)),
            Some(Assigned::None) => TenantKeys::counters_of(generation, None),
            None => TenantKeys::counters_in(generation),
        };
        let mut sums = [0_i64; 3];
        let mut pages = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", text(self.keys().counters()))
            .expression_attribute_values(":prefix", text(prefix))
            .projection_expression("sk, #open, #newest, waiting, solved")
            .expression_attribute_names("#open", Status::Open.as_str())
            .expression_attribute_names("#newest", NEWEST)
            .into_paginator()
            .items()
            .send();
        while let Some(found) = pages.next().await {
            let found = found.map_err(|e| StoreError::from_sdk(&e))?;
            let sk = string(&found, "sk").unwrap_or_default();
            if filter.inbox.is_some_and(|inbox| !is_cell_of(sk, inbox)) {
                continue;
            }
            as_of = as_of.max(Timestamp::from_millis(integer(&found, NEWEST).unwrap_or(0)));
            for (sum, status) in sums.iter_mut().zip([Status::Open, Status::Waiting, Status::Solved]) {
                *sum += integer(&found, status.as_str()).unwrap_or(0);
            }
        }
        // A cell can be below zero for a moment, while a conversation moves from one cell to another.
        let [open, waiting, solved] = sums.map(|sum| u64::try_from(sum).unwrap_or(0));
        Ok(Counts { open, waiting, solved, exact: false, as_of })
    }

    async fn count_of_customer(&self, customer: &CustomerId, filter: &CountFilter) -> Result<Counts, StoreError> {
        let as_of = self.clock().now();
        let mut counts = Counts { open: 0, waiting: 0, solved: 0, exact: true, as_of };
        let mut evaluated = 0;
        let mut start = None;
        loop {
            let left = MOST_COUNTED - evaluated;
            let mut request = self
                .client()
                .query()
                .table_name(self.table())
                .index_name(BY_CUSTOMER.name)
                .key_condition_expression("#pk = :pk")
                .expression_attribute_names("#pk", BY_CUSTOMER.partition)
                .expression_attribute_values(":pk", text(self.keys().by_customer(customer)))
                .select(Select::SpecificAttributes)
                .projection_expression("#status, #deleted")
                .expression_attribute_names("#status", attributes::STATUS)
                .expression_attribute_names("#deleted", attributes::DELETED_AT)
                .limit(i32::try_from(left).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start);
            let mut conditions = Vec::new();
            match filter.assignee {
                None => {}
                Some(Assigned::To(member)) => {
                    conditions.push("#assignee = :assignee");
                    request = request.expression_attribute_values(":assignee", packed_id(member));
                }
                Some(Assigned::None) => conditions.push("attribute_not_exists(#assignee)"),
            }
            if filter.assignee.is_some() {
                request = request.expression_attribute_names("#assignee", attributes::ASSIGNEE_ID);
            }
            if let Some(inbox) = filter.inbox {
                conditions.push("#inbox = :inbox");
                request = request
                    .expression_attribute_names("#inbox", attributes::INBOX_ID)
                    .expression_attribute_values(":inbox", packed_id(inbox));
            }
            if !conditions.is_empty() {
                request = request.filter_expression(conditions.join(" AND "));
            }
            let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
            self.work().read(usize::try_from(output.scanned_count()).unwrap_or(0));
            evaluated += u64::try_from(output.scanned_count()).unwrap_or(0);
            for item in output.items.unwrap_or_default() {
                if item.contains_key(attributes::DELETED_AT) {
                    continue;
                }
                match string(&item, attributes::STATUS).map(Status::parse) {
                    Some(Ok(Status::Open)) => counts.open += 1,
                    Some(Ok(Status::Waiting)) => counts.waiting += 1,
                    Some(Ok(Status::Solved)) => counts.solved += 1,
                    _ => return Err(StoreError::Internal("a conversation's status cannot be read".to_owned())),
                }
            }
            start = output.last_evaluated_key;
            if start.is_none() {
                return Ok(counts);
            }
            if evaluated >= MOST_COUNTED {
                return Ok(Counts { exact: false, ..counts });
            }
        }
    }
}
