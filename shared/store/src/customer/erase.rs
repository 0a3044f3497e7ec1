//! Erasing a customer: their details at once, their conversations step by step.

use deskless_domain::{
    AttemptId, ConversationId, Customer, CustomerDetails, CustomerId, CustomerRecord, Email, Erasure, IdentitySource,
    Metadata, Precondition,
};

use super::item::{attributes, is_erasing, is_of, read};
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    condition::Condition,
    expression::{Update, number, text},
    item::{Item, integer, is_expired, string},
    keys::conversation_of,
    transaction::{Commit, Transaction, WriteIndex},
};

/// For how long an erased customer's row stays after the last conversation was deleted. Whoever opens one meanwhile has read
/// before that there was no erasure, and functions end after 15 s; indexes lag by less.
const LINGERS_FOR_SECONDS: i64 = 60;
/// The most email claims that are removed in the first transaction, which takes 100 writes.
const MOST_CLAIMS: usize = 90;

/// What is removed from a customer's row at once.
const REMOVED: [&str; 7] =
    ["name", "email", "phone", "company", attributes::METADATA, attributes::CLAIMS, attributes::LISTING];

impl TenantStore {
    /// AP-46: begins to erase a customer: their details, their place in the list and their email claims are removed at once, and
    /// the table's stream drives the deletion of their conversations. Beginning again changes nothing. A customer without a
    /// record, who opened conversations anonymously, is erased in the same way.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`].
    pub async fn erase_customer(
        &self,
        id: &CustomerId,
        precondition: &Precondition,
    ) -> Result<CustomerRecord, StoreError> {
        let attempt = AttemptId::generate(self.clock());
        let mut backoff = Backoff::new(self.clock());
        loop {
            let now = self.clock().now();
            let stored = self.get(self.keys().customer(id)).await?.filter(|item| !is_expired(item, now));
            let mut transaction = Transaction::default();
            let itself = match &stored {
                None if self.conversations_of(id, 1).await?.is_empty() => return Err(StoreError::NotFound),
                None => self.put_erasure(&mut transaction, id, attempt)?,
                Some(stored) if is_erasing(stored) => return read(stored.clone()),
                Some(stored) => {
                    let record = read(stored.clone())?;
                    precondition.check(record.version)?;
                    self.mark_erasure(&mut transaction, &record, stored, attempt)?
                }
            };
            match transaction.commit(self, &mut backoff).await? {
                Commit::Done => {}
                Commit::Failed(failed) if is_of(failed.existing(itself), attempt) => {}
                Commit::Failed(_) => {
                    backoff.pause("the customer keeps changing").await?;
                    continue;
                }
            }
            return read(self.get(self.keys().customer(id)).await?.ok_or(StoreError::NotFound)?);
        }
    }

    fn put_erasure(
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

    fn mark_erasure(
        &self,
        transaction: &mut Transaction,
        record: &CustomerRecord,
        stored: &Item,
        attempt: AttemptId,
    ) -> Result<WriteIndex, StoreError> {
        let now = self.clock().now();
        let mut update = Update::default();
        update.set(attributes::ATTEMPT, text(attempt));
        update.set(attributes::ERASING_SINCE, number(now.as_millis()));
        update.set(attributes::ERASURE_STEP, number(0));
        update.set(attributes::ERASED, number(0));
        update.set(attributes::UPDATED_AT, number(now.as_millis()));
        update.set(attributes::VERSION, number(record.version + 1));
        for attribute in REMOVED {
            update.remove(attribute);
        }
        let unchanged = Condition::exists().version(&Precondition::exactly(record.version));
        let id = &record.customer.id;
        let itself = transaction.update(self, self.keys().customer(id), update, unchanged)?;
        let claims = stored.get(attributes::CLAIMS).and_then(|claims| claims.as_ss().ok());
        for email in claims.into_iter().flatten().take(MOST_CLAIMS) {
            let Ok(email) = Email::parse(email.clone()) else { continue };
            let mut ours = Condition::none();
            let owner = ours.value(text(id));
            let ours = ours.and(format!("(attribute_not_exists(pk) OR customerId = {owner})"));
            transaction.delete(self, self.keys().email_claim(&email), ours)?;
        }
        Ok(itself)
    }

    /// AP-47: reads the conversations of a customer, from an index that lags a write by a moment.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn conversations_of(&self, id: &CustomerId, limit: i32) -> Result<Vec<ConversationId>, StoreError> {
        let output = self
            .client()
            .query()
            .table_name(self.table())
            .index_name("gsi2")
            .key_condition_expression("gsi2pk = :pk")
            .expression_attribute_values(":pk", text(self.keys().by_customer(id)))
            .projection_expression("pk")
            .limit(limit)
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        Ok(output.items().iter().filter_map(|item| string(item, "pk")).filter_map(conversation_of).collect())
    }

    /// AP-47: returns the step of a customer's erasure that is due; `None` when there is no erasure, or it has ended.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn erasure_step(&self, id: &CustomerId) -> Result<Option<u64>, StoreError> {
        let stored = self.get(self.keys().customer(id)).await?;
        let erasing = stored.filter(|item| is_erasing(item) && !item.contains_key(attributes::EXPIRES_AT));
        let step = erasing.map(|item| integer(&item, attributes::ERASURE_STEP).unwrap_or(0));
        Ok(step.and_then(|step| u64::try_from(step).ok()))
    }

    /// AP-47: notes how many conversations a step of an erasure has deleted, which drives the next step. When there were none,
    /// the customer's row expires, and the customer is gone from then on. Writes nothing when the step was taken before.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn note_erased(&self, id: &CustomerId, step: u64, deleted: u64) -> Result<(), StoreError> {
        let mut update = Update::default();
        update.set(attributes::ERASURE_STEP, number(step + 1));
        update.add(attributes::ERASED, deleted);
        if deleted == 0 {
            let end = self.clock().now().plus_seconds(LINGERS_FOR_SECONDS);
            update.set(attributes::EXPIRES_AT, number(end.as_seconds()));
        }
        update.add(attributes::VERSION, 1);
        let condition =
            Condition::none().present(attributes::ERASING_SINCE).equals(attributes::ERASURE_STEP, number(step));
        self.update_if(self.keys().customer(id), update, condition).await.map(drop)
    }
}
