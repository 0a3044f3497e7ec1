//! Erases a customer: their details at once, their conversations step by step.

use deskless_domain::{
    AttemptId, AuditAction, AuditEvent, ConversationId, Customer, CustomerDetails, CustomerId, CustomerRecord, Email,
    Erasure, IdentitySource, Metadata, Precondition,
};

use super::item::{ERASURE, attributes, is_erasing, is_own_write, read};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, packed_id, text},
    item::{Item, integer, is_expired, string},
    keys::{BY_CUSTOMER, TenantKeys, conversation_of},
    transaction::{Commit, Transaction, WriteIndex},
};

/// How long an erased customer's item stays after the last conversation was deleted: one minute. A request that read the
/// customer before the erasure may still create a conversation; functions time out after 15 s, and indexes lag by less.
const EXPIRES_AFTER_SECONDS: i64 = 60;
/// The maximum number of email claims that the first transaction removes. A transaction takes 100 writes.
const MAX_CLAIMS: usize = 90;

/// The attributes that the start of an erasure removes from a customer's item.
const REMOVED: [&str; 7] = [
    attributes::NAME,
    attributes::EMAIL,
    attributes::PHONE,
    attributes::COMPANY,
    attributes::METADATA,
    attributes::CLAIMS,
    attributes::LISTING,
];

impl TenantStore {
    /// AP-46: starts to erase a customer. Their details, their entry in the list and their email claims are removed at
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
        let attempt = AttemptId::generate(self.clock());
        let mut backoff = self.backoff();
        loop {
            let now = self.clock().now();
            let stored = self.get(self.keys().customer(id)).await?.filter(|item| !is_expired(item, now));
            let mut transaction = Transaction::default();
            let itself = match &stored {
                None if self.conversations_of(id, 1).await?.is_empty() => return Err(StoreError::NotFound),
                None => self.add_new_erasure(&mut transaction, id, attempt)?,
                Some(stored) if is_erasing(stored) => return read(stored.clone()),
                Some(stored) => {
                    let record = read(stored.clone())?;
                    precondition.check(record.version)?;
                    self.add_erasure(&mut transaction, &record, stored, attempt)?
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
            return read(self.get(self.keys().customer(id)).await?.ok_or(StoreError::NotFound)?);
        }
    }

    /// AP-47: starts to erase a customer once more whose item has expired, if there is none again.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn resume_erasure(&self, id: &CustomerId) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        self.add_new_erasure(&mut transaction, id, AttemptId::generate(self.clock()))?;
        transaction.commit(self, &mut self.backoff()).await.map(drop)
    }

    fn add_new_erasure(
        &self,
        transaction: &mut Transaction,
        id: &CustomerId,
        attempt: AttemptId,
    ) -> Result<WriteIndex, StoreError> {
        let customer = Customer {
            id: id.clone(),
            details: CustomerDetails::default(),
            identity_source: IdentitySource::Anonymous,
        };
        let erasure = Some(Erasure { since: self.clock().now(), conversations: 0 });
        let record = CustomerRecord { erasure, ..CustomerRecord::new(customer, Metadata::default(), self.clock()) };
        transaction.put_unless_unexpired(self, self.customer_item(&record, None, attempt)?)
    }

    fn add_erasure(
        &self,
        transaction: &mut Transaction,
        record: &CustomerRecord,
        stored: &Item,
        attempt: AttemptId,
    ) -> Result<WriteIndex, StoreError> {
        let now = self.clock().now();
        let mut update = Update::default();
        update.set(attributes::ATTEMPT, packed_id(attempt));
        update.set(attributes::ERASING_SINCE, number(now.as_millis()));
        update.set(attributes::ERASURE_STEP, number(0));
        update.set(attributes::ERASED, number(0));
        update.set(attributes::JOB, text(ERASURE));
        update.set(attributes::UPDATED_AT, number(now.as_millis()));
        update.set(attributes::VERSION, number(record.version + 1));
        for attribute in REMOVED {
            update.remove(attribute);
        }
        let unchanged = Condition::exists().version_or_first(record.version);
        let id = &record.customer.id;
        let itself = transaction.update(self, self.keys().customer(id), update, unchanged)?;
        let claims = stored.get(attributes::CLAIMS).and_then(|claims| claims.as_ss().ok());
        for email in claims.into_iter().flatten().take(MAX_CLAIMS) {
            let Ok(email) = Email::parse(email.clone()) else { continue };
            let mut is_own = Condition::none();
            let owner = is_own.value(text(id));
            let is_own = is_own.and(format!("(attribute_not_exists(pk) OR customerId = {owner})"));
            transaction.delete(self, self.keys().email_claim(&email), is_own)?;
        }
        Ok(itself)
    }

    /// AP-47: reads the conversations of a customer, at most `limit`. The index is eventually consistent.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn conversations_of(&self, id: &CustomerId, limit: i32) -> Result<Vec<ConversationId>, StoreError> {
        let output = self
            .client()
            .query()
            .table_name(self.table())
            .index_name(BY_CUSTOMER.name)
            .key_condition_expression("p2 = :pk")
            .expression_attribute_values(":pk", text(self.keys().by_customer(id)))
            .projection_expression("pk")
            .limit(limit)
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        Ok(output.items().iter().filter_map(|item| string(item, "pk")).filter_map(conversation_of).collect())
    }

    /// AP-47: returns the step of a customer's erasure that is due; `None` if there is no erasure, or it has ended.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn erasure_step(&self, id: &CustomerId) -> Result<Option<u64>, StoreError> {
        let stored = self.get(self.keys().customer(id)).await?;
        let erasing = stored.filter(|item| is_erasing(item) && !item.contains_key(attributes::EXPIRES_AT));
        let step = erasing.map(|item| integer(&item, attributes::ERASURE_STEP).unwrap_or(0));
        Ok(step.and_then(|step| u64::try_from(step).ok()))
    }

    /// AP-47: records the number of conversations that a step of an erasure has deleted, which triggers the next step. If
    /// there were none, the customer's item expires one minute later. After that, the customer does not exist. When
    /// DynamoDB removes the item, the erasure runs once more for conversations that were created by a request that had read
    /// the customer just before, or that the index did not show yet. Writes nothing if the step was taken before.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn record_erasure_progress(&self, id: &CustomerId, step: u64, deleted: u64) -> Result<(), StoreError> {
        let mut update = Update::default();
        update.set(attributes::ERASURE_STEP, number(step + 1));
        update.add(attributes::ERASED, deleted);
        if deleted == 0 {
            let end = self.clock().now().plus_seconds(EXPIRES_AFTER_SECONDS);
            update.set(attributes::EXPIRES_AT, number(end.as_seconds()));
        }
        update.increment_from_one(attributes::VERSION);
        let condition =
            Condition::none().present(attributes::ERASING_SINCE).equals(attributes::ERASURE_STEP, number(step));
        self.update_if(self.keys().customer(id), update, condition).await.map(drop)
    }
}
