use deskless_domain::{Customer, CustomerId, CustomerRecord};
use deskless_store::{EmailClaim, IdempotencyKey, Once, TenantStore, WrittenCustomer};

use super::{UpsertCustomer, email_change, find};
use crate::{AppError, Conflict};

/// The outcome of creating a customer.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one per request")]
pub enum Creation {
    /// The new customer.
    Created(Once<WrittenCustomer>),
    /// The existing customer with this id. Nothing was written.
    IdExists(CustomerId),
    /// The existing customer with this email address. Nothing was written.
    EmailExists(CustomerId),
}

/// Whether a new customer with an id of the caller's may have another customer's email address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emails {
    /// Several customers can have one address.
    Shared,
    /// Each address belongs to one customer.
    Unique,
}

/// AP-24: Creates a customer. As [`super::upsert`], but does not update an existing one.
///
/// # Errors
/// `Conflict` while the customer is being erased; [`AppError::IdempotencyKeyReused`].
pub async fn create(
    store: &TenantStore,
    command: &UpsertCustomer,
    emails: Emails,
    key: Option<&IdempotencyKey>,
) -> Result<Creation, AppError> {
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let (existing, earlier) = tokio::try_join!(find(store, command), store.replay::<WrittenCustomer>(key))?;
        if let Some(earlier) = earlier {
            let current = store.find_customer(&earlier.record.customer.id).await?;
            if current.is_some_and(|current| current.erasure.is_some()) {
                return Err(AppError::Conflict(Conflict::Erasing));
            }
            return Ok(Creation::Created(Once::replay(earlier)));
        }
        match existing.record {
            Some(record) if record.erasure.is_some() => return Err(AppError::Conflict(Conflict::Erasing)),
            Some(record) if command.id.is_some() => return Ok(Creation::IdExists(record.customer.id)),
            Some(record) => return Ok(Creation::EmailExists(record.customer.id)),
            None => {}
        }
        let holder = existing.claim.as_ref().and_then(EmailClaim::customer);
        if let (Emails::Unique, Some(holder)) = (emails, holder) {
            return Ok(Creation::EmailExists(holder.clone()));
        }
        let customer = Customer::of_server(existing.id, command.details.clone());
        let next = CustomerRecord::new(customer, command.metadata.clone().unwrap_or_default(), store.clock());
        let change = email_change(store, None, &next, existing.claim).await?;
        if let Some(written) = store.write_customer(None, &next, &change, key).await? {
            return Ok(Creation::Created(written));
        }
        backoff.pause("the customer keeps changing").await?;
    }
}
