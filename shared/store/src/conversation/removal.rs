//! What a deleted conversation leaves behind, and its tombstone, which goes last.

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use deskless_domain::{ConversationId, FileId};

use super::item::attributes;
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    condition::Condition,
    error::is_transient,
    expression::{Update, number, text},
    item::{Item, integer, string},
    keys::{TenantKeys, conversation_of, file_of_sk},
    transaction::{Commit, Transaction},
};

/// The most items that one step removes.
const STEP: i32 = 500;
/// The most items that one `BatchWriteItem` takes.
const BATCH: usize = 25;

/// A part of what lies under a deleted conversation.
#[derive(Debug)]
pub struct Remains {
    keys: Vec<Item>,
    /// The files of the conversation among it.
    pub files: Vec<FileId>,
    /// Whether there is more.
    pub has_more: bool,
}

impl Remains {
    /// Returns the number of items.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.keys.len() as u64
    }
}

impl TenantStore {
    /// AP-40: returns how many items of a deleted conversation were removed so far; `None` when it has no tombstone.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn removal_progress(&self, id: ConversationId) -> Result<Option<u64>, StoreError> {
        let tombstone = self.get(self.keys().conversation(id)).await?;
        Ok(tombstone.filter(|item| item.contains_key(attributes::DELETED_AT)).map(|item| progress(&item)))
    }

    /// AP-41: reads the deleted conversations of this workspace that are not removed yet, oldest deletion first.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn list_tombstones(&self) -> Result<Vec<(ConversationId, u64)>, StoreError> {
        let mut pages = self
            .client()
            .query()
            .table_name(self.table())
            .index_name("gsi1")
            .key_condition_expression("gsi1pk = :pk")
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

    /// AP-40: reads the keys of at most 500 items under a deleted conversation.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn remains(&self, id: ConversationId) -> Result<Remains, StoreError> {
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
        Ok(Remains { keys, files, has_more })
    }

    /// AP-40: removes items, 25 at a time. Items that are gone already are no error.
    ///
    /// # Errors
    /// When the table does not answer, or leaves items unprocessed for eight seconds.
    pub async fn remove(&self, remains: Remains) -> Result<(), StoreError> {
        let mut backoff = Backoff::new(self.clock());
        let mut left: Vec<WriteRequest> = Vec::new();
        for key in remains.keys {
            let request =
                DeleteRequest::builder().set_key(Some(key)).build().map_err(|e| StoreError::Internal(e.to_string()))?;
            left.push(WriteRequest::builder().delete_request(request).build());
        }
        while !left.is_empty() {
            let batch: Vec<_> = left.drain(..left.len().min(BATCH)).collect();
            let request = self.client().batch_write_item().request_items(self.table(), batch.clone());
            let unprocessed = match request.send().await {
                Ok(output) => output.unprocessed_items.and_then(|mut tables| tables.remove(self.table())),
                Err(error) if is_transient(&error) => Some(batch),
                Err(error) => return Err(StoreError::from_sdk(&error)),
            };
            if let Some(unprocessed) = unprocessed.filter(|unprocessed| !unprocessed.is_empty()) {
                left.extend(unprocessed);
                backoff.pause("the table leaves deletions unprocessed").await?;
            }
        }
        Ok(())
    }

    /// AP-40: notes on the tombstone how many items were removed, which drives the next step. Returns false when the
    /// progress is not `before` any more.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn note_removed(&self, id: ConversationId, before: u64, removed: u64) -> Result<bool, StoreError> {
        let mut update = Update::default();
        update.set(attributes::PURGED, number(removed));
        let unchanged = Condition::none().present(attributes::DELETED_AT).equals(attributes::PURGED, number(before));
        self.update_if(self.keys().conversation(id), update, unchanged).await
    }

    /// AP-40: removes the tombstone together with what the conversation was last counted as, and takes it out of the
    /// counters if that has not happened yet. Returns false when the tombstone is gone already.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn remove_tombstone(&self, id: ConversationId) -> Result<bool, StoreError> {
        let mut backoff = Backoff::new(self.clock());
        loop {
            let counted = self.counted_state(id).await?;
            let mut transaction = Transaction::default();
            let deleted = Condition::none().present(attributes::DELETED_AT);
            let itself = transaction.delete(self, self.keys().conversation(id), deleted)?;
            self.add_uncount(&mut transaction, id, counted)?;
            match transaction.commit(self, &mut backoff).await? {
                Commit::Done => return Ok(true),
                Commit::Failed(failed) if failed.at(itself) => return Ok(false),
                // It was counted in between.
                Commit::Failed(_) => backoff.pause("what the conversation was counted as keeps changing").await?,
            }
        }
    }
}

/// Returns how many items were removed, as a tombstone says.
pub(crate) fn progress(tombstone: &Item) -> u64 {
    integer(tombstone, attributes::PURGED).and_then(|removed| u64::try_from(removed).ok()).unwrap_or(0)
}
