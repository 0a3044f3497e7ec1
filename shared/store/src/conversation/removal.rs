//! Removes the items of a deleted conversation, and last its tombstone.

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use deskless_domain::{ConversationId, FileId};

use super::item::attributes;
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    error::is_transient,
    expression::{Update, number, text},
    item::{Item, integer, string},
    keys::{BY_STATUS, TenantKeys, conversation_of, file_of_sk},
    transaction::{Commit, Transaction},
};

/// The maximum number of items that one step removes.
const STEP: i32 = 500;
/// The maximum number of items in one `BatchWriteItem`.
const BATCH: usize = 25;

/// One batch of the items to remove from a deleted conversation.
#[derive(Debug)]
pub struct RemovalBatch {
    keys: Vec<Item>,
    /// The conversation's files that are listed in this batch.
    pub files: Vec<FileId>,
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
    /// AP-40: returns the number of items of a deleted conversation that were removed so far; `None` if it has no
    /// tombstone.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn removal_progress(&self, id: ConversationId) -> Result<Option<u64>, StoreError> {
        let tombstone = self.get(self.keys().conversation(id)).await?;
        Ok(tombstone.filter(|item| item.contains_key(attributes::DELETED_AT)).map(|item| progress(&item)))
    }

    /// AP-41: reads the deleted conversations of this workspace that are not removed yet, with their progress, oldest
    /// deletion first. Used by `deskless purge`.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_tombstones(&self) -> Result<Vec<(ConversationId, u64)>, StoreError> {
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
            if let Some(id) = string(&found, "pk").and_then(conversation_of) {
                tombstones.push((id, progress(&found)));
            }
        }
        Ok(tombstones)
    }

    /// AP-40: reads the keys of at most 500 items of a deleted conversation.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn removal_batch(&self, id: ConversationId) -> Result<RemovalBatch, StoreError> {
        let [from, to] = TenantKeys::CONVERSATION_CHILDREN;
        let output = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(self.keys().conversation(id).pk))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .projection_expression("pk, sk")
            .consistent_read(true)
            .limit(STEP)
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        let has_more = output.last_evaluated_key.is_some();
        let keys = output.items.unwrap_or_default();
        let files = keys.iter().filter_map(|key| string(key, "sk").and_then(file_of_sk)).collect();
        Ok(RemovalBatch { keys, files, has_more })
    }

    /// AP-40: removes a batch, 25 items per request. Items that do not exist are skipped. Costs one write unit for each KB
    /// of each item.
    ///
    /// # Errors
    /// When the table does not respond, or leaves items unprocessed for eight seconds.
    pub async fn remove_batch(&self, batch: RemovalBatch) -> Result<(), StoreError> {
        let mut backoff = self.backoff();
        let mut remaining: Vec<WriteRequest> = Vec::new();
        for key in batch.keys {
            let request =
                DeleteRequest::builder().set_key(Some(key)).build().map_err(|e| StoreError::Internal(e.to_string()))?;
            remaining.push(WriteRequest::builder().delete_request(request).build());
        }
        while !remaining.is_empty() {
            let requests: Vec<_> = remaining.drain(..remaining.len().min(BATCH)).collect();
            let request = self.client().batch_write_item().request_items(self.table(), requests.clone());
            let unprocessed = match request.send().await {
                Ok(output) => output.unprocessed_items.and_then(|mut tables| tables.remove(self.table())),
                Err(error) if is_transient(&error) => Some(requests),
                Err(error) => return Err(StoreError::from_sdk(&error)),
            };
            if let Some(unprocessed) = unprocessed.filter(|unprocessed| !unprocessed.is_empty()) {
                remaining.extend(unprocessed);
                backoff.pause("DynamoDB leaves deletions unprocessed").await?;
            }
        }
        Ok(())
    }

    /// AP-40: records the number of removed items on the tombstone, which triggers the next step. Returns false if the
    /// progress is no longer `before`: the step was taken already, so a repeated stream record starts no second chain.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn record_removal_progress(
        &self,
        id: ConversationId,
        before: u64,
        removed: u64,
    ) -> Result<bool, StoreError> {
        let mut update = Update::default();
        update.set(attributes::PURGED, number(removed));
        let unchanged = Condition::none().present(attributes::DELETED_AT).equals(attributes::PURGED, number(before));
        self.update_if(self.keys().conversation(id), update, unchanged).await
    }

    /// AP-40: removes the tombstone. Returns false if it does not exist any more. The counted state stays for seven days, so
    /// that a late record counts nothing again.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn remove_tombstone(&self, id: ConversationId) -> Result<bool, StoreError> {
        let mut transaction = Transaction::default();
        let deleted = Condition::none().present(attributes::DELETED_AT);
        transaction.delete(self, self.keys().conversation(id), deleted)?;
        Ok(matches!(transaction.commit(self, &mut self.backoff()).await?, Commit::Done))
    }
}

/// Returns the number of removed items that a tombstone records.
pub(crate) fn progress(tombstone: &Item) -> u64 {
    integer(tombstone, attributes::PURGED).and_then(|removed| u64::try_from(removed).ok()).unwrap_or(0)
}
