//! The queue of the deleted conversations of a workspace whose items are not removed yet.
//!
//! Each workspace has one queue, which is one job: only one of its steps is due at a time, and each step ends with a write
//! that puts the next one at the end of the stream. So workspaces take turns, however many conversations one of them
//! deletes.

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};
use deskless_domain::ConversationId;
use serde::Serialize;

use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, text},
    item::{self, Item, integer, string},
    keys::{TenantKeys, removal_of_sk},
};

/// The value of the attribute `job` on a queue that has work left. The stream's filter matches items with this attribute.
const JOB: &str = "removals";
/// The number of the due step. A step that was taken is not taken again.
pub(crate) const STEP: &str = "step";
/// How often conversations were added.
const ADDED: &str = "added";
/// The last conversation of the previous step.
const CURSOR: &str = "cursor";

/// The state of a workspace's queue.
#[derive(Debug, Clone)]
pub struct RemovalQueue {
    /// The number of the due step.
    pub step: u64,
    /// The conversation after which the due step continues. `None` for the first one of the queue.
    pub after: Option<ConversationId>,
    added: i64,
}

/// A conversation in the queue. The id is in the key.
#[derive(Serialize)]
struct QueuedItem {}

impl TenantStore {
    /// AP-94: adds deleted conversations to the queue, and makes its next step due. Adding one again has no effect. One
    /// write unit for each conversation, and one for the queue.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn queue_removals(&self, conversations: &[ConversationId]) -> Result<(), StoreError> {
        let put = |&id: &ConversationId| {
            let item = item::write(self.keys().queued_removal(id), &QueuedItem {})?;
            let put = PutRequest::builder().set_item(Some(item)).build();
            put.map(|put| WriteRequest::builder().put_request(put).build())
                .map_err(|e| StoreError::Internal(e.to_string()))
        };
        self.write_all(conversations.iter().map(put).collect::<Result<_, _>>()?).await?;
        let mut update = Update::default();
        update.set("job", text(JOB));
        update.add(ADDED, 1);
        // A new queue starts with step 0.
        update.add(STEP, 0);
        self.update_if(self.keys().removal_queue(), update, Condition::none()).await.map(drop)
    }

    /// AP-95: reads the queue. Returns `None` if no step is due.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn removal_queue(&self) -> Result<Option<RemovalQueue>, StoreError> {
        let Some(item) = self.get(self.keys().removal_queue()).await? else { return Ok(None) };
        let step = removal_step(&item);
        Ok(step.map(|step| RemovalQueue {
            step,
            after: string(&item, CURSOR).and_then(ConversationId::parse),
            added: integer(&item, ADDED).unwrap_or_default(),
        }))
    }

    /// AP-95: reads the next conversations of the queue, strongly consistent. After the last one it begins again with the
    /// first.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn queued_removals(&self, queue: &RemovalQueue, limit: i32) -> Result<Vec<ConversationId>, StoreError> {
        let found = self.queued_after(queue.after, limit).await?;
        if found.is_empty() && queue.after.is_some() { self.queued_after(None, limit).await } else { Ok(found) }
    }

    async fn queued_after(&self, after: Option<ConversationId>, limit: i32) -> Result<Vec<ConversationId>, StoreError> {
        let [from, to] = TenantKeys::removals_after(after);
        let output = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(self.keys().removal_queue().pk))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .projection_expression("sk")
            .consistent_read(true)
            .limit(limit)
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        Ok(output.items().iter().filter_map(|item| string(item, "sk").and_then(removal_of_sk)).collect())
    }

    /// AP-95: takes a conversation out of the queue.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn unqueue_removal(&self, id: ConversationId) -> Result<(), StoreError> {
        let key = self.keys().queued_removal(id);
        let request = self.client().delete_item().table_name(self.table()).set_key(Some(key.attributes()));
        request.send().await.map(drop).map_err(|e| StoreError::from_sdk(&e))
    }

    /// AP-95: completes a step. The record of this write triggers the next step. Returns false if another worker has taken
    /// the step.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn complete_removal_step(
        &self,
        queue: &RemovalQueue,
        last: Option<ConversationId>,
    ) -> Result<bool, StoreError> {
        let mut update = Update::default();
        update.set(STEP, number(queue.step + 1));
        match last {
            Some(last) => update.set(CURSOR, text(last)),
            None => update.remove(CURSOR),
        }
        let due = Condition::none().present("job").equals(STEP, number(queue.step));
        self.update_if(self.keys().removal_queue(), update, due).await
    }

    /// AP-95: ends the job of an empty queue. Returns false if conversations were added since it was read: the record of
    /// that write triggers the next step.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn end_removals(&self, queue: &RemovalQueue) -> Result<bool, StoreError> {
        let mut update = Update::default();
        update.remove("job");
        update.remove(CURSOR);
        let unchanged = Condition::none().equals(STEP, number(queue.step)).equals(ADDED, number(queue.added));
        self.update_if(self.keys().removal_queue(), update, unchanged).await
    }
}

/// Returns the number of the step that is due, from the queue's item or its image.
pub(crate) fn removal_step(queue: &Item) -> Option<u64> {
    let _ = string(queue, "job")?;
    integer(queue, STEP).and_then(|step| u64::try_from(step).ok())
}
