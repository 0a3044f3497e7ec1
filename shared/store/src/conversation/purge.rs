//! What a deleted conversation leaves behind, removed step by step.

use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use deskless_domain::ConversationId;

use super::item::attributes;
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    error::is_transient,
    expression::{Update, number, text},
    item::{Item, integer, string},
    keys::{TenantKeys, conversation_of},
    transaction::{Outcome, Transaction},
};

/// The most items that one step removes.
const STEP: i32 = 500;
/// The most items that one `BatchWriteItem` takes.
const BATCH: usize = 25;

/// "A tombstone stands here."
const DELETED: &str = "attribute_exists(deletedAt)";

/// How far a purge has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purge {
    /// So many items were removed so far, and there are more: the tombstone says so too, which calls the next step.
    Goes(u64),
    /// Nothing is left, not even the tombstone.
    Done,
    /// Somebody else has taken this step, or there is no tombstone.
    Passed,
}

impl TenantStore {
    /// AP-40: one step of removing what lies under a deleted conversation, at most 500 items. `purged` is the progress
    /// that calls for this step: one that was taken already is not taken again, so a record of the stream that comes
    /// twice starts no second chain of steps.
    ///
    /// A step that is interrupted anywhere can be taken again. The tombstone goes last, in one transaction with what the
    /// conversation was counted as.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn purge_step(&self, id: ConversationId, purged: u64) -> Result<Purge, StoreError> {
        let Some(tombstone) = self.get(self.keys().conversation(id)).await? else { return Ok(Purge::Passed) };
        if !tombstone.contains_key(attributes::DELETED_AT) || progress(&tombstone) != purged {
            return Ok(Purge::Passed);
        }
        let (doomed, more) = self.under(id).await?;
        let removed = doomed.len() as u64;
        self.erase_files_among(&doomed).await?;
        self.remove_all(doomed).await?;
        if !more {
            return self.bury(id).await;
        }
        let noted = self.note_progress(id, purged, purged + removed).await?;
        Ok(if noted { Purge::Goes(purged + removed) } else { Purge::Passed })
    }

    /// AP-41: the conversations of this workspace that are deleted and not purged yet, with their progress, oldest first.
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

    /// Takes every step that is left, from wherever the purge has stopped.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn purge_to_the_end(&self, id: ConversationId) -> Result<(), StoreError> {
        loop {
            let Some(tombstone) = self.get(self.keys().conversation(id)).await? else { return Ok(()) };
            if !tombstone.contains_key(attributes::DELETED_AT) {
                return Ok(());
            }
            self.purge_step(id, progress(&tombstone)).await?;
        }
    }

    /// The keys of what lies under a conversation, as many as a step takes, and whether there are more.
    async fn under(&self, id: ConversationId) -> Result<(Vec<Item>, bool), StoreError> {
        let [from, to] = TenantKeys::UNDER_A_CONVERSATION;
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
        let more = output.last_evaluated_key.is_some();
        Ok((output.items.unwrap_or_default(), more))
    }

    async fn remove_all(&self, keys: Vec<Item>) -> Result<(), StoreError> {
        let mut backoff = Backoff::new(self.clock());
        let mut left: Vec<WriteRequest> = Vec::new();
        for key in keys {
            let request =
                DeleteRequest::builder().set_key(Some(key)).build().map_err(|e| StoreError::Internal(e.to_string()))?;
            left.push(WriteRequest::builder().delete_request(request).build());
        }
        while !left.is_empty() {
            let batch: Vec<_> = left.drain(..left.len().min(BATCH)).collect();
            let request = self.client().batch_write_item().request_items(self.table(), batch.clone());
            let refused = match request.send().await {
                Ok(output) => output.unprocessed_items.and_then(|mut tables| tables.remove(self.table())),
                Err(error) if is_transient(&error) => Some(batch),
                Err(error) => return Err(StoreError::from_sdk(&error)),
            };
            let Some(refused) = refused.filter(|refused| !refused.is_empty()) else { continue };
            left.extend(refused);
            if !backoff.pause().await {
                return Err(StoreError::Unavailable(
                    "what a conversation left could not be removed in time".to_owned(),
                ));
            }
        }
        Ok(())
    }

    /// Whether the progress was still `before`.
    async fn note_progress(&self, id: ConversationId, before: u64, now: u64) -> Result<bool, StoreError> {
        let mut update = Update::default();
        update.set(attributes::PURGED, number(now));
        let known = update.value("before", number(before));
        let condition = format!("{DELETED} AND #{} = {known}", attributes::PURGED);
        self.update_where(self.keys().conversation(id), update, &condition).await
    }

    /// Removes the tombstone and what the conversation was counted as, and takes it out of the counters if nobody has.
    async fn bury(&self, id: ConversationId) -> Result<Purge, StoreError> {
        let mut backoff = Backoff::new(self.clock());
        loop {
            let counted = self.counted(id).await?;
            let mut transaction = Transaction::default();
            let itself = transaction.delete(self, self.keys().conversation(id), Update::default(), DELETED)?;
            self.uncount(&mut transaction, id, counted)?;
            match transaction.commit(self, &mut backoff).await? {
                Outcome::Committed => return Ok(Purge::Done),
                Outcome::Refused(refusal) if refusal.of(itself).is_some() => return Ok(Purge::Passed),
                // It was counted once more in between.
                Outcome::Refused(_) if backoff.pause().await => {}
                Outcome::Refused(_) => {
                    return Err(StoreError::Unavailable("what it was counted as keeps changing".to_owned()));
                }
            }
        }
    }
}

pub(crate) fn progress(tombstone: &Item) -> u64 {
    integer(tombstone, attributes::PURGED).and_then(|purged| u64::try_from(purged).ok()).unwrap_or(0)
}
