//! The requester of a conversation, for wire formats that name customers by email address.

use deskless_domain::{CustomerDetails, CustomerId, Email, PersonName};
use deskless_store::TenantStore;

use crate::{AppError, customers, customers::UpsertCustomer};

/// AP-24: Returns the customer with an email address, or creates one. The name is used only for a new customer. A repeat finds the
/// customer whom the first try created, so it needs no idempotency key.
///
/// # Errors
/// `Conflict` while the customer is being erased; [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn find_or_create(
    store: &TenantStore,
    email: &Email,
    name: Option<PersonName>,
) -> Result<CustomerId, AppError> {
    if let Some(id) = find(store, email).await? {
        return Ok(id);
    }
    let details = CustomerDetails { name, email: Some(email.clone()), ..CustomerDetails::default() };
    let created = customers::upsert(store, &UpsertCustomer { id: None, details, metadata: None }, None).await?;
    Ok(created.outcome.record.customer.id)
}

/// AP-24: Returns the customer whom an email address finds.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn find(store: &TenantStore, email: &Email) -> Result<Option<CustomerId>, AppError> {
    Ok(store.email_claim(email, true).await?.customer().cloned())
}
