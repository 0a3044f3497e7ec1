use deskless_domain::{AttemptId, CustomerId, CustomerRecord, Precondition};

use super::item::is_of;
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    transaction::{Commit, Transaction},
};

impl TenantStore {
    /// AP-25: changes a customer. `expected` holds the versions under which the caller wants the change; `None` means any.
    /// A new email is claimed if nobody has; the claim of the one before stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`].
    pub async fn update_customer(
        &self,
        id: &CustomerId,
        precondition: &Precondition,
        change: impl Fn(&mut CustomerRecord) + Send + Sync,
    ) -> Result<CustomerRecord, StoreError> {
        let attempt = AttemptId::generate(self.clock());
        let mut backoff = Backoff::new(self.clock());
        loop {
            let before = self.get_customer(id).await?;
            if before.erasure.is_some() {
                return Err(StoreError::Erasing);
            }
            precondition.check(before.version)?;
            let mut next = before.clone();
            change(&mut next);
            let next = next.following(&before, self.clock());
            if next == before {
                return Ok(before);
            }
            let mut claimed = next.customer.details.email.as_ref();
            claimed = claimed.filter(|email| before.customer.details.email.as_ref() != Some(email));
            if let Some(email) = claimed
                && self.claimant(email).await?.is_some()
            {
                claimed = None;
            }
            let mut transaction = Transaction::default();
            let itself = self.replace_customer(&mut transaction, before.version, &next, claimed, attempt)?;
            if let Some(email) = claimed {
                self.claim_email(&mut transaction, email, &next)?;
            }
            match transaction.commit(self, &mut backoff).await? {
                Commit::Done => return Ok(next),
                Commit::Failed(failed) if is_of(failed.existing(itself), attempt) => return Ok(next),
                Commit::Failed(_) => backoff.pause("the customer keeps changing").await?,
            }
        }
    }
}
