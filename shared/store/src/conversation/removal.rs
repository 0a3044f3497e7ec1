//! Removes the items of a deleted conversation, and last its tombstone.

use deskless_domain::{AutomationId, ContentId, ConversationId, ExecutionId, FileId};

use super::item::attributes;
use crate::{
    CallKey, StoreError, TenantStore,
    condition::Condition,
    expression::text,
    item::{Item, string},
    keys::{BY_STATUS, TenantKeys, call_of_conversation_sk, conversation_of, execution_of_sk, file_of_sk},
    message::attributes::CONTENT_OBJECT,
    packed::unpack,
    transaction::{Commit, Transaction},
};

/// A deleted conversation whose items are not all removed yet.
#[derive(Debug)]
pub struct Tombstone {
    id: ConversationId,
    /// The digest of the request that created the conversation, if it had an idempotency key.
    request: Option<String>,
}

/// One batch of the items to remove from a deleted conversation.
#[derive(Debug)]
pub struct RemovalBatch {
    keys: Vec<Item>,
    /// The conversation's files that are listed in this batch.
    pub files: Vec<FileId>,
    /// The objects of the long messages in this batch.
    pub contents: Vec<ContentId>,
    /// The executions with a context that are listed in this batch.
    pub executions: Vec<(AutomationId, ExecutionId)>,
    /// The webhook calls that are retried and listed in this batch.
    pub calls: Vec<CallKey>,
    /// Whether there are more items.
    pub has_more: bool,
}

impl RemovalBatch {
    /// Returns the number of items.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.keys.len() as u64
    }
}

impl TenantStore {
    /// AP-40: reads the tombstone of a conversation that was deleted and whose items are not all removed yet.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn tombstone(&self, id: ConversationId) -> Result<Option<Tombstone>, StoreError> {
        let found = self.get(self.keys().conversation(id)).await?;
        let found = found.filter(|item| item.contains_key(attributes::DELETED_AT));
        Ok(found.map(|item| Tombstone { id, request: string(&item, attributes::REQUEST).map(str::to_owned) }))
    }

    /// AP-41: reads the deleted conversations of this workspace that are not removed yet, oldest deletion first. Used by
    /// `deskless purge`.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_tombstones(&self) -> Result<Vec<ConversationId>, StoreError> {
        let mut pages = self
            .client()
            .query()
            .table_name(self.table())
            .index_name(BY_STATUS.name)
            .key_condition_expression("p1 = :pk")
            .expression_attribute_values(":pk", text(self.keys().tombstones()))
            .into_paginator()
            .items()
            .send();
        let mut tombstones = Vec::new();
        while let Some(found) = pages.next().await {
            let found: Item = found.map_err(|e| StoreError::from_sdk(&e))?;
            tombstones.extend(string(&found, "pk").and_then(conversation_of));
        }
        Ok(tombstones)
    }

    /// AP-40: reads the keys of items of a deleted conversation, at most `limit`.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn removal_batch(&self, id: ConversationId, limit: i32) -> Result<RemovalBatch, StoreError> {
        let [from, to] = TenantKeys::CONVERSATION_CHILDREN;
        let output = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(self.keys().conversation(id).pk))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .projection_expression("pk, sk, bl")
            .consistent_read(true)
            .limit(limit)
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        let has_more = output.last_evaluated_key.is_some();
        let mut keys = output.items.unwrap_or_default();
        let contents = keys.iter_mut().filter_map(take_object).collect();
        let files = keys.iter().filter_map(|key| string(key, "sk").and_then(file_of_sk)).collect();
        let executions = keys.iter().filter_map(|key| string(key, "sk").and_then(execution_of_sk)).collect();
        let calls = keys.iter().filter_map(|key| string(key, "sk").and_then(call_of_conversation_sk)).collect();
        Ok(RemovalBatch { keys, files, contents, executions, calls, has_more })
    }

    /// AP-40: removes a batch, 25 items per request. Items that do not exist are skipped. Costs one write unit for each KB
    /// of each item.
    ///
    /// # Errors
    /// When the table does not respond, or leaves items unprocessed for eight seconds.
    pub async fn remove_batch(&self, batch: RemovalBatch) -> Result<(), StoreError> {
        self.delete_all(batch.keys).await
    }

    /// AP-40: removes the tombstone, and the stored outcome of the request that created the conversation. Returns false if
    /// the tombstone does not exist any more. The counted state stays for seven days, so that a late record counts nothing
    /// again.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn remove_tombstone(&self, tombstone: &Tombstone) -> Result<bool, StoreError> {
        let mut alone = Transaction::default();
        let deleted = Condition::none().present(attributes::DELETED_AT);
        alone.delete(self, self.keys().conversation(tombstone.id), deleted)?;
        let mut backoff = self.backoff();
        if let Some(request) = &tombstone.request {
            let mut transaction = alone.clone();
            let (record, update, is_its) = self.outcome_removal(request, tombstone.id.time());
            let outcome = transaction.update(self, record, update, is_its)?;
            match transaction.commit(self, &mut backoff).await? {
                // The idempotency key expired and was used for another request, whose outcome stays.
                Commit::Failed(failed) if failed.only(outcome) => {}
                commit => return Ok(matches!(commit, Commit::Done)),
            }
        }
        Ok(matches!(alone.commit(self, &mut backoff).await?, Commit::Done))
    }
}

/// Takes the object of a long message out of an item, so that only the key is left.
fn take_object(item: &mut Item) -> Option<ContentId> {
    let object = item.remove(CONTENT_OBJECT)?;
    string(object.as_m().ok()?, "i").and_then(unpack)
}
