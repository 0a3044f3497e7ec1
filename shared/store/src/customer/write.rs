//! Writes a customer's record, and lists it under its email address in the same transaction.

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{AttemptId, CustomerRecord};
use serde::{Deserialize, Serialize};

use super::{
    email::{EmailChange, EmailHolder},
    item::{COPIES, attributes, is_own_write},
};
use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, packed_id, text},
    idempotency::{Attempt, Attempts},
    transaction::{Transaction, WriteIndex},
};

/// The result of creating or updating a customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WrittenCustomer {
    /// The customer after the write.
    pub record: CustomerRecord,
    /// Whether the customer was created.
    pub is_new: bool,
}

impl TenantStore {
    /// AP-24, AP-25: replaces the record that was read (`before`) with `next`, and lists it under its email address. Writes
    /// nothing if both are equal. Returns `None` if the record or the customers with the address have changed since they were
    /// read: read both again and retry. If several callers claim one address at the same time, one succeeds, and the others
    /// find that customer when they read again.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn write_customer(
        &self,
        before: Option<&CustomerRecord>,
        next: &CustomerRecord,
        emails: &EmailChange,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<Once<WrittenCustomer>>, StoreError> {
        let attempt = AttemptId::generate(self.clock());
        let written = WrittenCustomer { record: next.clone(), is_new: before.is_none() };
        let mut transaction = Transaction::default();
        let itself = match before {
            None => {
                let item = self.customer_item(next, attempt)?;
                Some(transaction.put_unless_unexpired(self, item)?)
            }
            Some(before) if before == next => None,
            Some(before) => Some(self.replace_customer(&mut transaction, before.version, next, attempt)?),
        };
        if itself.is_some() {
            self.add_email_change(&mut transaction, &EmailHolder::of(next), emails)?;
        }
        if let Some(key) = key {
            if itself.is_none() {
                // Without this check, a late record would outlive the customer.
                let known = Condition::exists().missing(attributes::ERASING_SINCE);
                transaction.check(self, self.keys().customer(&next.customer.id), known)?;
            }
            self.add_pointer(&mut transaction, &next.customer.id, key)?;
        }
        match Attempts::new(self, key).commit(transaction, &written).await? {
            Attempt::Committed => Ok(Some(Once::first(written))),
            Attempt::Replayed(earlier) => Ok(Some(Once::replay(earlier))),
            Attempt::Failed(failed) => {
                let is_own = itself.is_some_and(|itself| is_own_write(failed.existing(itself), attempt));
                Ok(is_own.then(|| Once::first(written)))
            }
        }
    }

    /// Adds the update of the record in the version `before`. Other attributes of its item stay.
    fn replace_customer(
        &self,
        transaction: &mut Transaction,
        before: u64,
        next: &CustomerRecord,
        attempt: AttemptId,
    ) -> Result<WriteIndex, StoreError> {
        let details = &next.customer.details;
        let metadata = (!next.metadata.is_empty()).then(|| text(next.metadata.json()));
        let mut update = Update::default();
        update.set(attributes::ATTEMPT, packed_id(attempt));
        update.set(attributes::UPDATED_AT, number(next.updated_at.as_millis()));
        update.set(attributes::VERSION, number(next.version));
        update.set(attributes::JOB, text(COPIES));
        update.set(attributes::ACTOR, text(self.actor_text()));
        let mut put = |attribute, value: Option<AttributeValue>| match value {
            Some(value) => update.set(attribute, value),
            None => update.remove(attribute),
        };
        put(attributes::NAME, details.name.as_ref().map(text));
        put(attributes::EMAIL, details.email.as_ref().map(text));
        put(attributes::PHONE, details.phone.as_ref().map(text));
        put(attributes::COMPANY, details.company.as_ref().map(text));
        put(attributes::METADATA, metadata);
        put(attributes::REGISTERED_EMAIL, details.email.as_ref().map(|email| text(email.normalized())));
        let unchanged = Condition::exists().version_or_first(before);
        transaction.update(self, self.keys().customer(&next.customer.id), update, unchanged)
    }
}
