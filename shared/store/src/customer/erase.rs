//! Erasing a customer: what is known of them at once, their conversations step by step.

use deskless_domain::{
    AttemptId, ConversationId, Customer, CustomerDetails, CustomerId, CustomerRecord, Email, Erasure, IdentitySource,
    Metadata, Precondition,
};

use super::item::{attributes, is_erasing, is_of, read};
use crate::{
    CustomerChange, Deletion, StoreError, TenantStore,
    backoff::Backoff,
    condition::Condition,
    expression::{Update, number, text},
    item::{Item, integer, is_expired, string},
    keys::conversation_of,
    transaction::{Commit, Transaction, WriteIndex},
};

/// The most conversations that one step deletes.
const STEP: i32 = 25;
/// For so long a customer is still erased when none of their conversations is found any more. Whoever opens one has read
/// before that there was no erasure, and functions end after 15 s; indexes lag by less.
const LINGERS_FOR_SECONDS: i64 = 60;
/// The most claims that go with the first transaction, which takes a hundred writes.
const MOST_CLAIMS: usize = 90;

/// What is known of a customer besides the id.
const FORGOTTEN: [&str; 7] =
    ["name", "email", "phone", "company", attributes::METADATA, attributes::CLAIMS, attributes::LISTING];

impl TenantStore {
    /// AP-46: begins to erase a customer: their details, their place in the list and their claims of emails go at once; the
    /// table's stream then calls for their conversations. To begin again changes nothing.
    ///
    /// Somebody without a record, who opened conversations anonymously, is erased in the same way.
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
        for attribute in FORGOTTEN {
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

    async fn conversations_of(&self, id: &CustomerId, limit: i32) -> Result<Vec<ConversationId>, StoreError> {
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

    /// Deletes some of a customer's conversations; how many there were.
    async fn delete_some(&self, id: &CustomerId) -> Result<u64, StoreError> {
        let deletion = Deletion { reason: None, key: None };
        let found = self.conversations_of(id, STEP).await?;
        for &conversation in &found {
            match self.delete_conversation(conversation, &deletion, &Precondition::NONE).await {
                // The index shows a moment longer what is gone.
                Ok(()) | Err(StoreError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found.len() as u64)
    }
}

impl CustomerChange {
    /// AP-47: one step of an erasure: deletes at most 25 conversations of the customer and notes that on their item, which
    /// calls the next step. When none is found any more, the item gets its end, after which there is no such customer; when
    /// the table has then removed it, this is called once more for what came in between.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn erase_step(&self) -> Result<(), StoreError> {
        let Some(id) = string(&self.image, "id").and_then(|id| CustomerId::parse(id.to_owned()).ok()) else {
            return Ok(());
        };
        let tenant = &self.tenant;
        if self.is_removed {
            while tenant.delete_some(&id).await? > 0 {}
            return Ok(());
        }
        let step = integer(&self.image, attributes::ERASURE_STEP).unwrap_or(0);
        let key = tenant.keys().customer(&id);
        let Some(stored) = tenant.get(key.clone()).await? else { return Ok(()) };
        // A step that was taken already is not taken again: a record that comes twice starts no second chain.
        let taken =
            integer(&stored, attributes::ERASURE_STEP) != Some(step) || stored.contains_key(attributes::EXPIRES_AT);
        if !is_erasing(&stored) || taken {
            return Ok(());
        }
        let deleted = tenant.delete_some(&id).await?;
        let mut update = Update::default();
        update.set(attributes::ERASURE_STEP, number(step + 1));
        update.add(attributes::ERASED, deleted);
        if deleted == 0 {
            let end = tenant.clock().now().plus_seconds(LINGERS_FOR_SECONDS);
            update.set(attributes::EXPIRES_AT, number(end.as_seconds()));
        }
        update.add(attributes::VERSION, 1);
        let condition =
            Condition::none().present(attributes::ERASING_SINCE).equals(attributes::ERASURE_STEP, number(step));
        tenant.update_if(key, update, condition).await.map(drop)
    }
}
