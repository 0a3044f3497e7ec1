//! Erases a customer: their details at once, their conversations step by step.

use deskless_domain::{
    AttemptId, AuditAction, AuditEvent, ConversationId, CustomerId, CustomerRecord, Precondition, Timestamp,
};

use super::{
    email::EmailHolder,
    item::{CUSTOMER_ID, ERASURE, attributes, erasing, is_erasing, is_own_write, read, read_as},
};
use crate::{
    CustomerKey, StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, packed_id, text},
    item::{Item, integer, is_expired, string},
    keys::{BY_CUSTOMER, TenantKeys, conversation_of},
    transaction::{Commit, Transaction, WriteIndex},
};

/// How long an erased customer's item stays after the last conversation was deleted: one minute. A request that read the
/// customer before the erasure may still create a conversation; functions time out after 15 s, and indexes lag by less.
const EXPIRES_AFTER_SECONDS: i64 = 60;

/// The attributes that the start of an erasure removes from a customer's item.
const REMOVED: [&str; 8] = [
    CUSTOMER_ID,
    attributes::NAME,
    attributes::EMAIL,
    attributes::PHONE,
    attributes::COMPANY,
    attributes::METADATA,
    attributes::REGISTERED_EMAIL,
    attributes::LISTING,
];

impl TenantStore {
    /// AP-46: starts to erase a customer. Their details, their entry in the list and their claim on an email address are removed at
    /// once. The table's stream triggers the deletion of their conversations. Starting an erasure again changes nothing. An
    /// anonymous customer, who has no record, is erased in the same way.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`].
    pub async fn erase_customer(
        &self,
        id: &CustomerId,
        precondition: &Precondition,
    ) -> Result<CustomerRecord, StoreError> {
        let key = CustomerKey::of(id);
        let attempt = AttemptId::generate(self.clock());
        let mut backoff = self.backoff();
        loop {
            let now = self.clock().now();
            let stored = self.get(self.keys().customer(id)).await?.filter(|item| !is_expired(item, now));
            let mut transaction = Transaction::default();
            let itself = match &stored {
                None if self.conversations_of(&key, None, 1).await?.is_empty() => return Err(StoreError::NotFound),
                None => self.add_new_erasure(&mut transaction, &key, attempt)?,
                Some(stored) if is_erasing(stored) => return read_as(stored.clone(), id),
                Some(stored) => {
                    let record = read(stored.clone())?;
                    precondition.check(record.version)?;
                    let holder = EmailHolder::of(&record);
                    let emails = self.email_change(&holder, record.registered_email.as_deref(), None, None).await?;
                    self.add_email_change(&mut transaction, &holder, &emails)?;
                    self.add_erasure(&mut transaction, &record, attempt)?
                }
            };
            // Callers choose the ids of customers, which can be email addresses.
            let digest = TenantKeys::digest_of_customer(id);
            self.add_audit_entry(&mut transaction, AuditEvent::new(AuditAction::CustomerErased, digest))?;
            match transaction.commit(self, &mut backoff).await? {
                Commit::Done => {}
                Commit::Failed(failed) if is_own_write(failed.existing(itself), attempt) => {}
                Commit::Failed(_) => {
                    backoff.pause("the customer keeps changing").await?;
                    continue;
                }
            }
            return read_as(self.get(self.keys().customer(id)).await?.ok_or(StoreError::NotFound)?, id);
        }
    }

    /// AP-47: starts to erase a customer once more whose item has expired, if there is none again.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn resume_erasure(&self, key: &CustomerKey) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        self.add_new_erasure(&mut transaction, key, AttemptId::generate(self.clock()))?;
        transaction.commit(self, &mut self.backoff()).await.map(drop)
    }

    fn add_new_erasure(
        &self,
        transaction: &mut Transaction,
        key: &CustomerKey,
        attempt: AttemptId,
    ) -> Result<WriteIndex, StoreError> {
        let mut item = erasing(self.keys().customer_by_key(key), attempt, self.clock())?;
        let _ = item.insert(attributes::ACTOR.to_owned(), text(self.actor_text()));
        transaction.put_unless_unexpired(self, item)
    }

    fn add_erasure(
        &self,
        transaction: &mut Transaction,
        record: &CustomerRecord,
        attempt: AttemptId,
    ) -> Result<WriteIndex, StoreError> {
        let now = self.clock().now();
        let mut update = Update::default();
        update.set(attributes::ATTEMPT, packed_id(attempt));
        update.set(attributes::ERASING_SINCE, number(now.as_millis()));
        update.set(attributes::ERASURE_STEP, number(0));
        update.set(attributes::ERASED, number(0));
        update.set(attributes::JOB, text(ERASURE));
        update.set(attributes::ACTOR, text(self.actor_text()));
        update.set(attributes::UPDATED_AT, number(now.as_millis()));
        update.set(attributes::VERSION, number(record.version + 1));
        for attribute in REMOVED {
            update.remove(attribute);
        }
        let unchanged = Condition::exists().version_or_first(record.version);
        let id = &record.customer.id;
        transaction.update(self, self.keys().customer(id), update, unchanged)
    }

    /// AP-47: reads the conversations of a customer that were created before a time, at most `limit`. The index is eventually
    /// consistent.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn conversations_of(
        &self,
        key: &CustomerKey,
        created_before: Option<Timestamp>,
        limit: usize,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let mut items = self
            .client()
            .query()
            .table_name(self.table())
            .index_name(BY_CUSTOMER.name)
            .key_condition_expression("p2 = :pk")
            .expression_attribute_values(":pk", text(self.keys().customer_by_key(key).pk))
            .projection_expression("pk")
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .into_paginator()
            .items()
            .send();
        let mut conversations = Vec::new();
        while conversations.len() < limit
            && let Some(found) = items.next().await
        {
            let found: Item = found.map_err(|e| StoreError::from_sdk(&e))?;
            let id = string(&found, "pk").and_then(conversation_of);
            conversations.extend(id.filter(|id| created_before.is_none_or(|end| id.time() < end)));
        }
        Ok(conversations)
    }

    /// AP-47: returns the step of a customer's erasure that is due; `None` if there is no erasure, or it has ended.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn erasure_step(&self, key: &CustomerKey) -> Result<Option<u64>, StoreError> {
        let stored = self.get(self.keys().customer_by_key(key)).await?;
        let erasing = stored.filter(|item| is_erasing(item) && !item.contains_key(attributes::EXPIRES_AT));
        let step = erasing.map(|item| integer(&item, attributes::ERASURE_STEP).unwrap_or(0));
        Ok(step.and_then(|step| u64::try_from(step).ok()))
    }

    /// AP-47: records the number of conversations that a step of an erasure has deleted, which triggers the next step. After
    /// the last step, which found nothing, the customer's item expires one minute later. After that, the customer does not exist. When
    /// DynamoDB removes the item, the erasure runs once more for conversations that were created by a request that had read
    /// the customer just before, or that the index did not show yet. Writes nothing if the step was taken before.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn record_erasure_progress(
        &self,
        key: &CustomerKey,
        step: u64,
        deleted: u64,
        is_last: bool,
    ) -> Result<(), StoreError> {
        let mut update = Update::default();
        update.set(attributes::ERASURE_STEP, number(step + 1));
        update.add(attributes::ERASED, deleted);
        if is_last {
            let end = self.clock().now().plus_seconds(EXPIRES_AFTER_SECONDS);
            update.set(attributes::EXPIRES_AT, number(end.as_seconds()));
        }
        update.increment_from_one(attributes::VERSION);
        let condition =
            Condition::none().present(attributes::ERASING_SINCE).equals(attributes::ERASURE_STEP, number(step));
        self.update_if(self.keys().customer_by_key(key), update, condition).await.map(drop)
    }
}
