//! Writes a customer's record and the claim on their email in one transaction.

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{AttemptId, CustomerRecord, Email};
use serde::{Deserialize, Serialize};

use super::item::{COPIES, EmailClaimItem, attributes, is_own_write};
use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, packed_id, text},
    idempotency::{Attempt, Attempts},
    item,
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
    /// AP-24, AP-25: replaces the record that was read (`before`) with `next`, and claims an email for it. Writes nothing
    /// if both are equal and no email is claimed. Returns `None` if the record or the claim has changed since it was read:
    /// read both again and retry. If several callers claim one email at the same time, one succeeds, and the others find
    /// that customer when they read again.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn write_customer(
        &self,
        before: Option<&CustomerRecord>,
        next: &CustomerRecord,
        claimed: Option<&Email>,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<Once<WrittenCustomer>>, StoreError> {
        let attempt = AttemptId::generate(self.clock());
        let written = WrittenCustomer { record: next.clone(), is_new: before.is_none() };
        let mut transaction = Transaction::default();
        let itself = match before {
            None => {
                let item = self.customer_item(next, claimed, attempt)?;
                Some(transaction.put_unless_unexpired(self, item)?)
            }
            Some(before) if claimed.is_none() && before == next => None,
            Some(before) => Some(self.replace_customer(&mut transaction, before.version, next, claimed, attempt)?),
        };
        if let Some(email) = claimed {
            let claim = EmailClaimItem { customer_id: next.customer.id.clone() };
            transaction.put_new(self, item::write(self.keys().email_claim(email), &claim)?)?;
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
        claimed: Option<&Email>,
        attempt: AttemptId,
    ) -> Result<WriteIndex, StoreError> {
        let details = &next.customer.details;
        let metadata = (!next.metadata.is_empty()).then(|| text(next.metadata.json()));
        let mut update = Update::default();
        update.set(attributes::ATTEMPT, packed_id(attempt));
        update.set(attributes::UPDATED_AT, number(next.updated_at.as_millis()));
        update.set(attributes::VERSION, number(next.version));
        update.set(attributes::JOB, text(COPIES));
        let mut put = |attribute, value: Option<AttributeValue>| match value {
            Some(value) => update.set(attribute, value),
            None => update.remove(attribute),
        };
        put(attributes::NAME, details.name.as_ref().map(text));
        put(attributes::EMAIL, details.email.as_ref().map(text));
        put(attributes::PHONE, details.phone.as_ref().map(text));
        put(attributes::COMPANY, details.company.as_ref().map(text));
        put(attributes::METADATA, metadata);
        if let Some(email) = claimed {
            update.add_to_set(attributes::CLAIMS, email.normalized());
        }
        let unchanged = Condition::exists().version_or_first(before);
        transaction.update(self, self.keys().customer(&next.customer.id), update, unchanged)
    }
}
