//! Creates and updates customers when a conversation is created.

use deskless_domain::{AttemptId, Customer, CustomerDetails, CustomerRecord, IdentitySource, Metadata};

use super::{
    email::{EmailChange, EmailHolder},
    item::{COPIES, attributes, is_erasing, read},
};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, text},
    item::is_expired,
    transaction::{FailedConditions, Transaction, WriteIndex},
};

/// The stored state of a customer for whom a conversation is created.
#[derive(Debug, Clone)]
pub struct KnownCustomer {
    /// The record, or a new one. `None` for a customer who gets no record.
    record: Option<CustomerRecord>,
    is_new: bool,
    emails: EmailChange,
}

impl KnownCustomer {
    /// Returns the customer to show on the conversation: the record, updated with the given details.
    #[must_use]
    pub fn shown(&self, given: &Customer) -> Customer {
        let stored = self.record.as_ref().filter(|_| !self.is_new);
        given.shown_with(stored.map(|record| &record.customer))
    }
}

/// The customer's writes in a transaction, if any are needed.
#[derive(Debug, Default)]
pub(crate) struct CustomerWrites {
    record: Option<WriteIndex>,
    emails: Vec<WriteIndex>,
}

impl CustomerWrites {
    /// Returns whether the transaction failed because the customer has changed since it was read.
    pub fn failed(&self, failed: &FailedConditions) -> bool {
        self.record.iter().chain(&self.emails).any(|&write| failed.at(write))
    }
}

impl TenantStore {
    /// AP-09: reads the customer's record and, at the same time, the claim on the given email address. The claim is read
    /// strongly consistent if `is_retry`. A change of their address takes one more round trip, for the claim on the previous
    /// one.
    ///
    /// # Errors
    /// [`StoreError::Erasing`].
    pub async fn known_customer(&self, customer: &Customer, is_retry: bool) -> Result<KnownCustomer, StoreError> {
        if customer.identity_source == IdentitySource::Anonymous {
            let stored = self.get(self.keys().customer(&customer.id)).await?;
            if stored.is_some_and(|item| is_erasing(&item) && !is_expired(&item, self.clock().now())) {
                return Err(StoreError::Erasing);
            }
            // An anonymous customer has no record.
            return Ok(KnownCustomer { record: None, is_new: false, emails: EmailChange::default() });
        }
        // A token proves only the id.
        let is_verified = customer.identity_source == IdentitySource::Headers;
        let details = if is_verified { customer.details.clone() } else { CustomerDetails::default() };
        let given = Customer { details, email_is_unverified: false, ..customer.clone() };
        let email = given.details.email.clone();
        let claim = async {
            match &email {
                Some(email) => self.email_claim(email, is_retry).await.map(Some),
                None => Ok(None),
            }
        };
        let (stored, claim) = tokio::try_join!(self.get(self.keys().customer(&customer.id)), claim)?;
        let now = self.clock().now();
        let (record, is_new) = match stored.filter(|record| !is_expired(record, now)) {
            Some(stored) if is_erasing(&stored) => return Err(StoreError::Erasing),
            Some(stored) => (read(stored)?, false),
            None => (CustomerRecord::new(given, Metadata::default(), self.clock()), true),
        };
        let emails = match &email {
            // Details that are not given stay.
            None => EmailChange::default(),
            Some(email) => {
                let before = record.registered_email.as_deref();
                self.email_change(&EmailHolder::of(&record), before, Some(email), claim).await?
            }
        };
        Ok(KnownCustomer { record: Some(record), is_new, emails })
    }

    /// Adds the writes that create a customer's record or update it with the given details.
    pub(crate) fn add_customer_update(
        &self,
        transaction: &mut Transaction,
        given: &Customer,
        known: &KnownCustomer,
    ) -> Result<CustomerWrites, StoreError> {
        let mut writes = CustomerWrites::default();
        // An anonymous customer has no record.
        let Some(record) = &known.record else { return Ok(writes) };
        let is_verified = given.identity_source == IdentitySource::Headers;
        if known.is_new {
            let item = self.customer_item(record, AttemptId::generate(self.clock()))?;
            writes.record = Some(transaction.put_unless_unexpired(self, item)?);
        } else if is_verified && (record.customer.details != known.shown(given).details || !known.emails.is_empty()) {
            let mut update = details_update(&given.details);
            update.set(attributes::UPDATED_AT, number(self.clock().now().as_millis()));
            update.increment_from_one(attributes::VERSION);
            update.set(attributes::JOB, text(COPIES));
            update.set(attributes::ACTOR, text(self.actor_text()));
            let mut condition = Condition::exists().missing(attributes::ERASING_SINCE);
            if given.details.email.is_some() {
                // The address under which the customer is listed must still be the one that was read, also if it stays the same.
                let registered = record.registered_email.as_ref().map(text);
                condition = condition.equals_or_missing(attributes::REGISTERED_EMAIL, registered);
            }
            if !known.emails.is_empty() {
                condition = condition.version_or_first(record.version);
            }
            writes.record = Some(transaction.update(self, self.keys().customer(&given.id), update, condition)?);
        } else {
            return Ok(writes);
        }
        writes.emails = self.add_email_change(transaction, &EmailHolder::of(record), &known.emails)?;
        Ok(writes)
    }
}

/// Returns an update that sets the given details. Other details stay.
fn details_update(given: &CustomerDetails) -> Update {
    let mut update = Update::default();
    let attributes = [
        (attributes::NAME, given.name.as_ref().map(text)),
        (attributes::EMAIL, given.email.as_ref().map(text)),
        (attributes::PHONE, given.phone.as_ref().map(text)),
        (attributes::COMPANY, given.company.as_ref().map(text)),
        (attributes::REGISTERED_EMAIL, given.email.as_ref().map(|email| text(email.normalized()))),
    ];
    for (attribute, value) in attributes {
        if let Some(value) = value {
            update.set(attribute, value);
        }
    }
    update
}
