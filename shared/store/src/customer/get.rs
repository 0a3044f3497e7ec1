use deskless_domain::{CustomerId, CustomerRecord, Email};

use super::item::{EmailClaimItem, read};
use crate::{
    StoreError, TenantStore,
    item::{self, is_expired},
};

impl TenantStore {
    /// AP-21: reads one customer, strongly consistent.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such customer.
    pub async fn get_customer(&self, id: &CustomerId) -> Result<CustomerRecord, StoreError> {
        self.find_customer(id).await?.ok_or(StoreError::NotFound)
    }

    /// AP-22: reads the customer who has claimed this email. Their current email may be a different one.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn get_customer_by_email(&self, email: &Email) -> Result<Option<CustomerRecord>, StoreError> {
        match self.claimant(email).await? {
            Some(id) => self.find_customer(&id).await,
            None => Ok(None),
        }
    }

    /// AP-21: reads one customer, strongly consistent. Returns `None` if there is none.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn find_customer(&self, id: &CustomerId) -> Result<Option<CustomerRecord>, StoreError> {
        let now = self.clock().now();
        self.get(self.keys().customer(id)).await?.filter(|item| !is_expired(item, now)).map(read).transpose()
    }

    /// AP-22: reads the id of the customer who has claimed an email.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn claimant(&self, email: &Email) -> Result<Option<CustomerId>, StoreError> {
        let found = self.get(self.keys().email_claim(email)).await?;
        Ok(found.map(item::read::<EmailClaimItem>).transpose()?.map(|claim| claim.customer_id))
    }
}
