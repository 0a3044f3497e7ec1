//! Customers as conversations make and refresh them.

use deskless_domain::{AttemptId, Customer, CustomerDetails, CustomerRecord, IdentitySource, Metadata};

use super::item::{CustomerAttributes, EmailClaimItem, attributes, is_erasing};
use crate::{
    StoreError, TenantStore,
    expression::{Update, number, text},
    item::{self, is_over},
    transaction::{ABSENT, Refusal, Slot, Transaction},
};

/// What the table knows of a customer while a conversation is opened with them.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    record: Option<Customer>,
    email_is_claimed: bool,
}

/// How the customer stands in a transaction, if they have to be written at all.
#[derive(Debug, Default)]
pub(crate) struct CustomerSlots {
    record: Option<Slot>,
    claim: Option<Slot>,
}

impl CustomerSlots {
    /// Whether a refusal came of what was known being old: then it is read again.
    pub fn are_outdated(&self, refusal: &Refusal) -> bool {
        [self.record, self.claim].into_iter().flatten().any(|slot| refusal.of(slot).is_some())
    }
}

impl TenantStore {
    /// Reads the customer's record and whether their email is claimed, at the same time. The claim is read cheaply the
    /// first time (`fresh` is false): claims only ever appear, and a stale answer costs one repetition.
    pub(crate) async fn known_customer(&self, customer: &Customer, fresh: bool) -> Result<Known, StoreError> {
        if customer.identity_source == IdentitySource::Anonymous {
            return Ok(Known { record: None, email_is_claimed: true });
        }
        let claim = async {
            match &customer.details.email {
                // What a browser says of its customer is not known to be true: it claims nothing.
                Some(email) if customer.identity_source == IdentitySource::Headers => {
                    Ok(self.get_with(self.keys().email_claim(email), fresh).await?.is_some())
                }
                _ => Ok(true),
            }
        };
        let (record, email_is_claimed) = tokio::try_join!(self.get(self.keys().customer(&customer.id)), claim)?;
        let now = self.clock().now();
        let record = record.filter(|record| !is_over(record, now));
        if record.as_ref().is_some_and(is_erasing) {
            return Err(StoreError::Erasing);
        }
        let record = record.map(item::read::<CustomerAttributes>).transpose()?.map(Customer::from);
        Ok(Known { record, email_is_claimed })
    }

    /// Adds to a transaction what makes the record say what `said` says, and gives the customer as a conversation
    /// shows them: the record, refreshed.
    pub(crate) fn refresh_customer(
        &self,
        transaction: &mut Transaction,
        said: &Customer,
        known: Known,
    ) -> Result<(Customer, CustomerSlots), StoreError> {
        let mut slots = CustomerSlots::default();
        match said.identity_source {
            // Somebody of whom nothing is known has no record.
            IdentitySource::Anonymous => return Ok((said.clone(), slots)),
            // The token proves the id and no more. The rest fills the gaps of what is known, on this conversation only.
            IdentitySource::Token if said.details != CustomerDetails::default() => {
                let proven = Customer { details: CustomerDetails::default(), ..said.clone() };
                let (shown, slots) = self.refresh_customer(transaction, &proven, known)?;
                return Ok((Customer { details: said.details.clone().refreshed_by(shown.details), ..shown }, slots));
            }
            IdentitySource::Headers | IdentitySource::Token => {}
        }
        let key = self.keys().customer(&said.id);
        let merged = match &known.record {
            None => said.clone(),
            Some(record) => {
                Customer { details: record.details.clone().refreshed_by(said.details.clone()), ..said.clone() }
            }
        };
        let claimed = said.details.email.as_ref().filter(|_| !known.email_is_claimed);
        match known.record {
            None => {
                let record = CustomerRecord::new(said.clone(), Metadata::default(), self.clock());
                let item = self.customer_item(&record, claimed, AttemptId::generate(self.clock()))?;
                slots.record = Some(transaction.put_free(self, item)?);
            }
            Some(record) if record.details != merged.details || claimed.is_some() => {
                let mut update = refresh(&said.details);
                if let Some(email) = claimed {
                    update.add_to_set(attributes::CLAIMS, email.normalized());
                }
                update.set(attributes::UPDATED_AT, number(self.clock().now().as_millis()));
                update.count_up(attributes::VERSION, 1);
                let condition = format!("attribute_exists(pk) AND attribute_not_exists({})", attributes::ERASING_SINCE);
                slots.record = Some(transaction.update(self, key, update, &condition)?);
            }
            Some(_) => {}
        }
        if let Some(email) = claimed {
            let claim = EmailClaimItem { customer_id: said.id.clone() };
            let claim = item::write(self.keys().email_claim(email), &claim)?;
            slots.claim = Some(transaction.put(self, claim, Some(ABSENT))?);
        }
        Ok((merged, slots))
    }
}

/// Sets what is said and leaves the rest.
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
