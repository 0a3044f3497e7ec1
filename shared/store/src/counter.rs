//! Counters of conversations by status, updated from the table's stream.
//!
//! Stream records are delivered at least once and can be stale. Only the conversation's version tells which of two records
//! is newer. Each conversation therefore has an item with the version and status that were last counted. One transaction
//! replaces that item with a newer one and updates the workspace's counters by the difference.

use aws_sdk_dynamodb::types::Select;
use deskless_domain::{ConversationId, CustomerId, MemberId, Precondition, Status, Timestamp};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    condition::Condition,
    conversation::attributes,
    expression::{Update, text},
    item::{self, Item, integer, string},
    keys::{COUNTER_SHARDS, shard_of},
    transaction::{Commit, Transaction},
};

/// The maximum number of index items that one count evaluates.
const MOST_COUNTED: u64 = 10_000;

/// The version and status with which a conversation was last counted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CountedItem {
    version: u64,
    /// `None` if the conversation was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

/// The result of counting a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// The counters were updated.
    Updated,
    /// The counters were not updated: this or a newer version was counted before, or the conversation does not exist.
    Unchanged,
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
    /// Whether all were counted. If not, the numbers are lower bounds.
    pub exact: bool,
    /// The time at which they were counted.
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
    /// AP-42: updates the counters after a conversation's status has changed. `status` is `None` for a deleted
    /// conversation.
    ///
    /// One transaction of three items: a check that the conversation exists, the counted version (only a newer version
    /// replaces an older one), and the counter.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn count_conversation(
        &self,
        id: ConversationId,
        version: u64,
        status: Option<Status>,
    ) -> Result<Counted, StoreError> {
        let mut backoff = self.backoff();
        loop {
            let before = self.counted_state(id).await?;
            if before.as_ref().is_some_and(|before| before.version >= version) {
                return Ok(Counted::Unchanged);
            }
            let mut transaction = Transaction::default();
            // The counted state is deleted together with the conversation. A late record must not create it again.
            let exists = transaction.check(self, self.keys().conversation(id), Condition::exists())?;
            let item = item::write(self.keys().counted(id), &CountedItem { version, status })?;
            let unchanged = match &before {
                None => Condition::absent(),
                Some(before) => Condition::none().version(&Precondition::exactly(before.version)),
            };
            transaction.put(self, item, unchanged)?;
            self.add_counter_update(&mut transaction, id, before.and_then(|before| before.status), status)?;
            match transaction.commit(self, &mut backoff).await? {
                Commit::Done => return Ok(Counted::Updated),
                Commit::Failed(failed) if failed.at(exists) => return Ok(Counted::Unchanged),
                Commit::Failed(_) => backoff.pause("the conversation's counted state keeps changing").await?,
            }
        }
    }

    /// AP-43: returns the number of conversations in the workspace, from its counters. The counters are eventually
    /// consistent.
    ///
    /// # Errors
    /// When the table does not respond.
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

    /// AP-44: counts the conversations of a customer or an assignee in the index, up to 10,000 items.
    ///
    /// # Errors
    /// When the table does not respond.
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
        // With both, the customer's index is read and filtered by the assignee.
        let filtered = customer.and(assignee);
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
            if let Some(member) = filtered {
                request = request
                    .filter_expression("#assignee = :assignee")
                    .expression_attribute_values(":assignee", text(member));
            }
            let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
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

    /// Reads the version and status with which a conversation was last counted.
    pub(crate) async fn counted_state(&self, id: ConversationId) -> Result<Option<CountedItem>, StoreError> {
        self.get(self.keys().counted(id)).await?.map(item::read).transpose()
    }

    /// Adds the writes that remove a conversation from the counters, given its counted state.
    pub(crate) fn add_uncount(
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
        self.add_counter_update(transaction, id, counted.status, None)
    }

    fn add_counter_update(
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
            update.add_signed(from.as_str(), -1);
        }
        if let Some(to) = to {
            update.add_signed(to.as_str(), 1);
        }
        let counter = self.keys().counter(shard_of(id, COUNTER_SHARDS));
        transaction.update(self, counter, update, Condition::none()).map(drop)
    }
}
