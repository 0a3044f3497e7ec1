//! How many conversations there are of each status. The worker on the table's stream keeps count.
//!
//! Records of the stream come at least once, and nothing but a conversation's own version says which of two is newer.
//! So each conversation has a row that holds the version and the status last counted; one transaction replaces it by a
//! newer one and moves the difference between the workspace's counters.

use aws_sdk_dynamodb::types::Select;
use deskless_domain::{ConversationId, CustomerId, MemberId, Precondition, Status, Timestamp};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    condition::Condition,
    conversation::attributes,
    expression::{Update, text},
    item::{self, Item, integer},
    keys::{COUNTER_SHARDS, shard_of},
    transaction::{Commit, Transaction},
};

/// The most rows of an index that one question counts.
const MOST_COUNTED: u64 = 10_000;

/// What a conversation was last counted as.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CountedItem {
    version: u64,
    /// None: it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

/// What came of counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// It is counted as this now.
    Now,
    /// This or something newer was counted before, or the conversation is gone.
    Before,
}

/// How many conversations there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// With the status `open`.
    pub open: u64,
    /// With the status `waiting`.
    pub waiting: u64,
    /// With the status `solved`.
    pub solved: u64,
    /// Whether all were counted; else there are at least so many.
    pub exact: bool,
    /// When this was read.
    pub as_of: Timestamp,
}

impl Counts {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.open + self.waiting + self.solved
    }
}

impl TenantStore {
    /// AP-42: counts a conversation as what it is in this version; `None`: it is deleted.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn count_conversation(
        &self,
        id: ConversationId,
        version: u64,
        status: Option<Status>,
    ) -> Result<Counted, StoreError> {
        let mut backoff = Backoff::new(self.clock());
        loop {
            let before = self.counted(id).await?;
            if before.as_ref().is_some_and(|before| before.version >= version) {
                return Ok(Counted::Before);
            }
            let mut transaction = Transaction::default();
            // With the conversation goes what it was counted as; a late record must not bring that back.
            let there = transaction.check(self, self.keys().conversation(id), Condition::exists())?;
            let row = item::write(self.keys().counted(id), &CountedItem { version, status })?;
            let unchanged = match &before {
                None => Condition::absent(),
                Some(before) => Condition::none().version(&Precondition::exactly(before.version)),
            };
            transaction.put(self, row, unchanged)?;
            self.move_counters(&mut transaction, id, before.and_then(|before| before.status), status)?;
            match transaction.commit(self, &mut backoff).await? {
                Commit::Done => return Ok(Counted::Now),
                Commit::Failed(failed) if failed.at(there) => return Ok(Counted::Before),
                Commit::Failed(_) => backoff.pause("what the conversation was counted as keeps changing").await?,
            }
        }
    }

    /// AP-43: how many conversations the workspace has, from its counters, which lag a write by a moment.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn count_conversations(&self) -> Result<Counts, StoreError> {
        let as_of = self.clock().now();
        let shards = (0..COUNTER_SHARDS).map(|shard| self.get_with(self.keys().counter(shard), false));
        let shards: Vec<Item> = try_join_all(shards).await?.into_iter().flatten().collect();
        let sum = |status: Status| -> u64 {
            let all: i64 = shards.iter().filter_map(|shard| integer(shard, status.as_str())).sum();
            u64::try_from(all).unwrap_or(0)
        };
        let [open, waiting, solved] = [Status::Open, Status::Waiting, Status::Solved].map(sum);
        Ok(Counts { open, waiting, solved, exact: true, as_of })
    }

    /// AP-44: how many conversations a customer or an assignee has: the index is counted, up to 10,000 rows.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn count_conversations_of(
        &self,
        customer: Option<&CustomerId>,
        assignee: Option<MemberId>,
    ) -> Result<Counts, StoreError> {
        let as_of = self.clock().now();
        let (index, attribute, partition) = match (customer, assignee) {
            (Some(customer), _) => ("gsi2", attributes::CUSTOMER_PARTITION, self.keys().by_customer(customer)),
            (None, Some(member)) => ("gsi3", attributes::ASSIGNEE_PARTITION, self.keys().by_assignee(member)),
            (None, None) => return self.count_conversations().await,
        };
        // Beside a customer, an assignee is sifted.
        let sifted = customer.and(assignee);
        let mut counts = Counts { open: 0, waiting: 0, solved: 0, exact: true, as_of };
        let mut evaluated = 0;
        let mut start = None;
        loop {
            let left = MOST_COUNTED - evaluated;
            let mut request = self
                .client()
                .query()
                .table_name(self.table())
                .index_name(index)
                .key_condition_expression("#pk = :pk")
                .expression_attribute_names("#pk", attribute)
                .expression_attribute_values(":pk", text(&partition))
                .select(Select::SpecificAttributes)
                .projection_expression("#status, #deleted, #assignee")
                .expression_attribute_names("#status", attributes::STATUS)
                .expression_attribute_names("#deleted", attributes::DELETED_AT)
                .expression_attribute_names("#assignee", attributes::ASSIGNEE_ID)
                .limit(i32::try_from(left).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start);
            if let Some(member) = sifted {
                request = request
                    .filter_expression("#assignee = :assignee")
                    .expression_attribute_values(":assignee", text(member));
            }
            let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
            evaluated += u64::try_from(output.scanned_count()).unwrap_or(0);
            for row in output.items.unwrap_or_default() {
                if row.contains_key(attributes::DELETED_AT) {
                    continue;
                }
                match item::string(&row, attributes::STATUS).map(Status::parse) {
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

    /// What a conversation was last counted as.
    pub(crate) async fn counted(&self, id: ConversationId) -> Result<Option<CountedItem>, StoreError> {
        self.get(self.keys().counted(id)).await?.map(item::read).transpose()
    }

    /// Adds to a transaction that a conversation, which was last counted as this, is not there any more.
    pub(crate) fn uncount(
        &self,
        transaction: &mut Transaction,
        id: ConversationId,
        counted: Option<CountedItem>,
    ) -> Result<(), StoreError> {
        let key = self.keys().counted(id);
        let Some(counted) = counted else {
            transaction.delete(self, key, Condition::absent())?;
            return Ok(());
        };
        let unchanged = Condition::none().version(&Precondition::exactly(counted.version));
        transaction.delete(self, key, unchanged)?;
        self.move_counters(transaction, id, counted.status, None)
    }

    fn move_counters(
        &self,
        transaction: &mut Transaction,
        id: ConversationId,
        from: Option<Status>,
        to: Option<Status>,
    ) -> Result<(), StoreError> {
        if from == to {
            return Ok(());
        }
        let mut update = Update::default();
        if let Some(from) = from {
            update.shift(from.as_str(), -1);
        }
        if let Some(to) = to {
            update.shift(to.as_str(), 1);
        }
        let counter = self.keys().counter(shard_of(id, COUNTER_SHARDS));
        transaction.update(self, counter, update, Condition::none()).map(drop)
    }
}
