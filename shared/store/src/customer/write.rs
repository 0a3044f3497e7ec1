//! A customer's record and the claim of their email, in one transaction.

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{AttemptId, CustomerRecord, Email, Precondition};

use super::item::{EmailClaimItem, attributes};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, text},
    item,
    transaction::{Transaction, WriteIndex},
};

impl TenantStore {
    /// Adds a new record.
    pub(super) fn put_customer(
        &self,
        transaction: &mut Transaction,
        record: &CustomerRecord,
        claimed: Option<&Email>,
        attempt: AttemptId,
    ) -> Result<WriteIndex, StoreError> {
        transaction.put_unless_unexpired(self, self.customer_item(record, claimed, attempt)?)
    }

    /// Adds a change of the record that is there in the version `before`. What else its item holds is left alone.
    pub(super) fn replace_customer(
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
        update.set(attributes::ATTEMPT, text(attempt));
        update.set(attributes::UPDATED_AT, number(next.updated_at.as_millis()));
        update.set(attributes::VERSION, number(next.version));
        let mut put = |attribute, value: Option<AttributeValue>| match value {
            Some(value) => update.set(attribute, value),
            None => update.remove(attribute),
        };
        put("name", details.name.as_ref().map(text));
        put("email", details.email.as_ref().map(text));
        put("phone", details.phone.as_ref().map(text));
        put("company", details.company.as_ref().map(text));
        put(attributes::METADATA, metadata);
        if let Some(email) = claimed {
            update.add_to_set(attributes::CLAIMS, email.normalized());
        }
        let unchanged = Condition::exists().version(&Precondition::exactly(before));
        transaction.update(self, self.keys().customer(&next.customer.id), update, unchanged)
    }

    /// Adds the claim of an email that nobody has claimed.
    pub(super) fn claim_email(
        &self,
        transaction: &mut Transaction,
        email: &Email,
        record: &CustomerRecord,
    ) -> Result<WriteIndex, StoreError> {
        let claim = EmailClaimItem { customer_id: record.customer.id.clone() };
        transaction.put_new(self, item::write(self.keys().email_claim(email), &claim)?)
    }
}
