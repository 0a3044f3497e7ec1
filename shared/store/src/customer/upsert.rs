use deskless_domain::{AttemptId, Customer, CustomerDetails, CustomerId, CustomerRecord, IdentitySource, Metadata};

use serde::{Deserialize, Serialize};

use super::item::is_of;
use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    idempotency::{Attempt, Attempts},
    transaction::Transaction,
};

/// What somebody says of a customer. What is not said stays.
#[derive(Debug, Clone)]
pub struct Upsert {
    /// Which customer; `None`: whoever has the email, else a new one.
    pub id: Option<CustomerId>,
    /// Name and addresses.
    pub details: CustomerDetails,
    /// Replaced whole, if it is said.
    pub metadata: Option<Metadata>,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Upserted {
    /// The customer as they are now.
    pub record: CustomerRecord,
    /// Whether they were made by this.
    pub is_new: bool,
}

/// What the table knows.
struct Found {
    id: CustomerId,
    record: Option<CustomerRecord>,
    email_is_claimed: bool,
}

impl TenantStore {
    /// AP-24: makes a customer, or refreshes the one who has this id, else this email. An email belongs to the first who
    /// claims it: beside another id it is noted and not claimed.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn upsert_customer(
        &self,
        said: Upsert,
        key: Option<&IdempotencyKey>,
    ) -> Result<Once<Upserted>, StoreError> {
        let mut attempts = Attempts::new(self, key);
        let attempt = AttemptId::generate(self.clock());
        let (mut found, earlier) = tokio::try_join!(self.look_for(&said), self.replay(key))?;
        if let Some(earlier) = earlier {
            return Ok(Once::replay(earlier));
        }
        loop {
            if found.record.as_ref().is_some_and(|record| record.erasure.is_some()) {
                return Err(StoreError::Erasing);
            }
            let upserted = self.applied(&said, &found);
            let claimed = said.details.email.as_ref().filter(|_| !found.email_is_claimed);
            let unchanged = claimed.is_none() && found.record.as_ref() == Some(&upserted.record);
            let mut transaction = Transaction::default();
            let itself = match &found.record {
                None => Some(self.put_customer(&mut transaction, &upserted.record, claimed, attempt)?),
                Some(_) if unchanged => None,
                Some(record) => {
                    Some(self.replace_customer(&mut transaction, record.version, &upserted.record, claimed, attempt)?)
                }
            };
            if let Some(email) = claimed {
                self.claim_email(&mut transaction, email, &upserted.record)?;
            }
            match attempts.commit(transaction, &upserted).await? {
                Attempt::Committed => return Ok(Once::first(upserted)),
                Attempt::Replayed(earlier) => return Ok(Once::replay(earlier)),
                Attempt::Failed(failed) => {
                    let existing = itself.and_then(|itself| failed.existing(itself));
                    if is_of(existing, attempt) {
                        return Ok(Once::first(upserted));
                    }
                }
            }
            attempts.pause("the customer keeps changing").await?;
            found = self.look_for(&said).await?;
        }
    }

    async fn look_for(&self, said: &Upsert) -> Result<Found, StoreError> {
        let claimant = async {
            match &said.details.email {
                Some(email) => self.claimant(email).await,
                None => Ok(None),
            }
        };
        if let Some(id) = said.id.clone() {
            let (record, claimant) = tokio::try_join!(self.find_customer(&id), claimant)?;
            return Ok(Found { id, record, email_is_claimed: claimant.is_some() });
        }
        if let Some(id) = claimant.await? {
            let record = self.find_customer(&id).await?;
            return Ok(Found { id, record, email_is_claimed: true });
        }
        Ok(Found { id: CustomerId::generate(self.clock()), record: None, email_is_claimed: false })
    }

    fn applied(&self, said: &Upsert, found: &Found) -> Upserted {
        let Some(record) = &found.record else {
            let customer = Customer {
                id: found.id.clone(),
                details: said.details.clone(),
                identity_source: IdentitySource::Headers,
            };
            let record = CustomerRecord::new(customer, said.metadata.clone().unwrap_or_default(), self.clock());
            return Upserted { record, is_new: true };
        };
        let mut next = record.clone();
        next.customer.details = next.customer.details.refreshed_by(said.details.clone());
        next.metadata = said.metadata.clone().unwrap_or(next.metadata);
        Upserted { record: next.following(record, self.clock()), is_new: false }
    }
}
