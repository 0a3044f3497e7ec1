use deskless_domain::{Customer, CustomerId, CustomerRecord};
use deskless_store::{IdempotencyKey, Once, TenantStore, WrittenCustomer};

use super::{UpsertCustomer, email_change, find};
use crate::{AppError, Conflict};

/// The outcome of creating a customer.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one per request")]
pub enum Creation {
    /// The new customer.
    Created(Once<WrittenCustomer>),
    /// The existing customer with this id or, without an id, with this email. Nothing was written.
    Exists(CustomerId),
}

/// AP-24: Creates a customer. As [`super::upsert`], but does not update an existing one.
///
/// # Errors
/// `Conflict` while the customer is being erased; [`AppError::IdempotencyKeyReused`].
pub async fn create(
    store: &TenantStore,
    command: &UpsertCustomer,
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
            Some(record) => return Ok(Creation::Exists(record.customer.id)),
            None => {}
        }
        let customer = Customer::of_server(existing.id, command.details.clone());
        let next = CustomerRecord::new(customer, command.metadata.clone().unwrap_or_default(), store.clock());
        let emails = email_change(store, None, &next, existing.claim).await?;
        if let Some(written) = store.write_customer(None, &next, &emails, key).await? {
            return Ok(Creation::Created(written));
        }
        backoff.pause("the customer keeps changing").await?;
    }
}
