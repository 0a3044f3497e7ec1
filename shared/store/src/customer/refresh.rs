//! Creates and updates customers when a conversation is created.

use deskless_domain::{AttemptId, Customer, CustomerDetails, CustomerRecord, IdentitySource, Metadata};

use super::item::{COPIES, CustomerAttributes, EmailClaimItem, attributes, is_erasing};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, text},
    item::{self, is_expired},
    transaction::{FailedConditions, Transaction, WriteIndex},
};

/// The stored state of a customer for whom a conversation is created.
#[derive(Debug, Clone)]
pub struct KnownCustomer {
    record: Option<Customer>,
    email_is_claimed: bool,
}

impl KnownCustomer {
    /// Returns the customer to show on the conversation: the record, updated with the given details.
    #[must_use]
    pub fn shown(&self, given: &Customer) -> Customer {
        given.shown_with(self.record.as_ref())
    }
}

/// The customer's writes in a transaction, if any are needed.
#[derive(Debug, Default)]
pub(crate) struct CustomerWrites {
    record: Option<WriteIndex>,
    claim: Option<WriteIndex>,
}

impl CustomerWrites {
    /// Returns whether the transaction failed because the customer has changed since it was read.
    pub fn failed(&self, failed: &FailedConditions) -> bool {
        [self.record, self.claim].into_iter().flatten().any(|write| failed.at(write))
    }
}

impl TenantStore {
    /// AP-09: reads the customer's record and the claim on their email at the same time. The claim is read strongly
    /// consistent if `is_retry`. The first read is eventually consistent, because claims are rarely removed and a stale one
    /// costs one retry.
    ///
    /// # Errors
    /// [`StoreError::Erasing`].
    pub async fn known_customer(&self, customer: &Customer, is_retry: bool) -> Result<KnownCustomer, StoreError> {
        if customer.identity_source == IdentitySource::Anonymous {
            return Ok(KnownCustomer { record: None, email_is_claimed: true });
        }
        let claim = async {
            match &customer.details.email {
                // An email from a browser is not verified, so it is not claimed.
                Some(email) if customer.identity_source == IdentitySource::Headers => {
                    Ok(self.get_with(self.keys().email_claim(email), is_retry).await?.is_some())
                }
                _ => Ok(true),
            }
        };
        let (record, email_is_claimed) = tokio::try_join!(self.get(self.keys().customer(&customer.id)), claim)?;
        let now = self.clock().now();
        let record = record.filter(|record| !is_expired(record, now));
        if record.as_ref().is_some_and(is_erasing) {
            return Err(StoreError::Erasing);
        }
        let record = record.map(item::read::<CustomerAttributes>).transpose()?.map(Customer::from);
        Ok(KnownCustomer { record, email_is_claimed })
    }

    /// Adds the writes that create a customer's record or update it with the given details.
    pub(crate) fn add_customer_update(
        &self,
        transaction: &mut Transaction,
        given: &Customer,
        known: &KnownCustomer,
    ) -> Result<CustomerWrites, StoreError> {
        let mut writes = CustomerWrites::default();
        let given = match given.identity_source {
            // An anonymous customer has no record.
            IdentitySource::Anonymous => return Ok(writes),
            // A token proves only the id.
            IdentitySource::Token => Customer { details: CustomerDetails::default(), ..given.clone() },
            IdentitySource::Headers => given.clone(),
        };
        let claimed = given.details.email.as_ref().filter(|_| !known.email_is_claimed);
        match &known.record {
            None => {
                let record = CustomerRecord::new(given.clone(), Metadata::default(), self.clock());
                let item = self.customer_item(&record, claimed, AttemptId::generate(self.clock()))?;
                writes.record = Some(transaction.put_unless_unexpired(self, item)?);
            }
            Some(record) if record.details != known.shown(&given).details || claimed.is_some() => {
                let mut update = details_update(&given.details);
                if let Some(email) = claimed {
                    update.add_to_set(attributes::CLAIMS, email.normalized());
                }
                update.set(attributes::UPDATED_AT, number(self.clock().now().as_millis()));
                update.increment_from_one(attributes::VERSION);
                update.set(attributes::JOB, text(COPIES));
                let condition = Condition::exists().missing(attributes::ERASING_SINCE);
                writes.record = Some(transaction.update(self, self.keys().customer(&given.id), update, condition)?);
            }
            Some(_) => {}
        }
        if let Some(email) = claimed {
            let claim = EmailClaimItem { customer_id: given.id.clone() };
            writes.claim = Some(transaction.put_new(self, item::write(self.keys().email_claim(email), &claim)?)?);
        }
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
    ];
    for (attribute, value) in attributes {
        if let Some(value) = value {
            update.set(attribute, value);
        }
    }
    update
}
