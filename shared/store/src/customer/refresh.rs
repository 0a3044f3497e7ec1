//! Customers as conversations create and update them.

use deskless_domain::{AttemptId, Customer, CustomerDetails, CustomerRecord, IdentitySource, Metadata};

use super::item::{CustomerAttributes, EmailClaimItem, attributes, is_erasing};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, text},
    item::{self, is_expired},
    transaction::{FailedConditions, Transaction, WriteIndex},
};

/// What is stored about a customer with whom a conversation is opened.
#[derive(Debug, Clone)]
pub struct KnownCustomer {
    record: Option<Customer>,
    email_is_claimed: bool,
}

impl KnownCustomer {
    /// Returns the customer as the conversation shows them: the record, updated with what the caller says.
    #[must_use]
    pub fn shown(&self, said: &Customer) -> Customer {
        said.shown_beside(self.record.as_ref())
    }
}

/// The customer's writes in a transaction, if they have to be written at all.
#[derive(Debug, Default)]
pub(crate) struct CustomerWrites {
    record: Option<WriteIndex>,
    claim: Option<WriteIndex>,
}

impl CustomerWrites {
    /// Returns whether the transaction failed because the customer has changed since they were read.
    pub fn failed(&self, failed: &FailedConditions) -> bool {
        [self.record, self.claim].into_iter().flatten().any(|write| failed.at(write))
    }
}

impl TenantStore {
    /// Reads the customer's record and whether their email is claimed, at the same time. `is_retry` reads the claim strongly;
    /// the first read is eventually consistent, because claims only ever appear and a stale answer costs one retry.
    ///
    /// # Errors
    /// [`StoreError::Erasing`].
    pub async fn known_customer(&self, customer: &Customer, is_retry: bool) -> Result<KnownCustomer, StoreError> {
        if customer.identity_source == IdentitySource::Anonymous {
            return Ok(KnownCustomer { record: None, email_is_claimed: true });
        }
        let claim = async {
            match &customer.details.email {
                // What a browser says about its customer is not verified: it claims nothing.
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

    /// Adds the writes that bring a customer's record up to date with what the caller says.
    pub(crate) fn add_customer_update(
        &self,
        transaction: &mut Transaction,
        said: &Customer,
        known: &KnownCustomer,
    ) -> Result<CustomerWrites, StoreError> {
        let mut writes = CustomerWrites::default();
        let said = match said.identity_source {
            // An anonymous customer has no record.
            IdentitySource::Anonymous => return Ok(writes),
            // A token proves the id and nothing else.
            IdentitySource::Token => Customer { details: CustomerDetails::default(), ..said.clone() },
            IdentitySource::Headers => said.clone(),
        };
        let claimed = said.details.email.as_ref().filter(|_| !known.email_is_claimed);
        match &known.record {
            None => {
                let record = CustomerRecord::new(said.clone(), Metadata::default(), self.clock());
                let item = self.customer_item(&record, claimed, AttemptId::generate(self.clock()))?;
                writes.record = Some(transaction.put_unless_unexpired(self, item)?);
            }
            Some(record) if record.details != known.shown(&said).details || claimed.is_some() => {
                let mut update = refresh(&said.details);
                if let Some(email) = claimed {
                    update.add_to_set(attributes::CLAIMS, email.normalized());
                }
                update.set(attributes::UPDATED_AT, number(self.clock().now().as_millis()));
                update.add(attributes::VERSION, 1);
                let condition = Condition::exists().missing(attributes::ERASING_SINCE);
                writes.record = Some(transaction.update(self, self.keys().customer(&said.id), update, condition)?);
            }
            Some(_) => {}
        }
        if let Some(email) = claimed {
            let claim = EmailClaimItem { customer_id: said.id.clone() };
            writes.claim = Some(transaction.put_new(self, item::write(self.keys().email_claim(email), &claim)?)?);
        }
        Ok(writes)
    }
}

/// Sets what the caller says and leaves the rest.
fn refresh(said: &CustomerDetails) -> Update {
    let mut update = Update::default();
    let said = [
        ("name", said.name.as_ref().map(text)),
        ("email", said.email.as_ref().map(text)),
        ("phone", said.phone.as_ref().map(text)),
        ("company", said.company.as_ref().map(text)),
    ];
    for (attribute, value) in said {
        if let Some(value) = value {
            update.set(attribute, value);
        }
    }
    update
}
