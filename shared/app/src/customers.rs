//! Customers: create or update, get, list, erase, and update the copies of their details on conversations.

use deskless_domain::{
    CompanyName, Customer, CustomerDetails, CustomerEvent, CustomerId, CustomerRecord, Email, FieldChange,
    IdentitySource, MessageId, Metadata, PersonName, PhoneNumber, Precondition,
};
pub use deskless_store::{CustomerPage, WrittenCustomer};
use deskless_store::{IdempotencyKey, Once, StoreError, TenantStore};
use futures_util::{StreamExt, TryStreamExt, future, stream};

use crate::{AppError, Conflict};

/// The maximum number of conversations that one step of an erasure deletes.
const MAX_DELETED: i32 = 25;
/// The number of conversations that a step of an erasure or of a copy writes concurrently.
const CONCURRENCY: usize = 8;

/// A command to create a customer, or to update the one with this id or email.
#[derive(Debug, Clone)]
pub struct UpsertCustomer {
    /// The id; `None` for the customer who has claimed the email, or for a new customer.
    pub id: Option<CustomerId>,
    /// The details. `None` keeps a field.
    pub details: CustomerDetails,
    /// The caller's own data, replaced as a whole. `None` keeps it.
    pub metadata: Option<Metadata>,
}

/// A command to update a customer.
#[derive(Debug, Clone, Default)]
pub struct UpdateCustomer {
    /// The display name.
    pub name: FieldChange<PersonName>,
    /// The email address.
    pub email: FieldChange<Email>,
    /// The phone number.
    pub phone: FieldChange<PhoneNumber>,
    /// The company or account.
    pub company: FieldChange<CompanyName>,
    /// The caller's own data, replaced as a whole.
    pub metadata: FieldChange<Metadata>,
}

/// AP-24: Creates or updates a customer. Writes only over the version that was read. An email belongs to the first customer who
/// claims it. Another customer can have it too, without the claim. If several callers claim one email at the same time, one wins,
/// and the others read again and find the winner.
///
/// # Errors
/// `Conflict` while the customer is being erased; [`AppError::IdempotencyKeyReused`].
pub async fn upsert(
    store: &TenantStore,
    command: &UpsertCustomer,
    key: Option<&IdempotencyKey>,
) -> Result<Once<WrittenCustomer>, AppError> {
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    let (mut existing, earlier) = tokio::try_join!(find(store, command), store.replay(key))?;
    if let Some(earlier) = earlier {
        return Ok(Once::replay(earlier));
    }
    loop {
        let before = existing.record.as_ref();
        if before.is_some_and(|record| record.erasure.is_some()) {
            return Err(AppError::Conflict(Conflict::Erasing));
        }
        let next = if let Some(record) = before {
            record.updated(&command.details, command.metadata.as_ref(), store.clock())
        } else {
            let (id, details) = (existing.id.clone(), command.details.clone());
            let customer = Customer { id, details, identity_source: IdentitySource::Headers };
            CustomerRecord::new(customer, command.metadata.clone().unwrap_or_default(), store.clock())
        };
        let claimed = command.details.email.as_ref().filter(|_| !existing.email_is_claimed);
        if let Some(written) = store.write_customer(before, &next, claimed, key).await? {
            return Ok(written);
        }
        backoff.pause("the customer keeps changing").await?;
        existing = find(store, command).await?;
    }
}

/// The stored customer of a command.
struct Existing {
    id: CustomerId,
    record: Option<CustomerRecord>,
    email_is_claimed: bool,
}

async fn find(store: &TenantStore, command: &UpsertCustomer) -> Result<Existing, StoreError> {
    let claimant = async {
        match &command.details.email {
            Some(email) => store.claimant(email).await,
            None => Ok(None),
        }
    };
    if let Some(id) = command.id.clone() {
        let (record, claimant) = tokio::try_join!(store.find_customer(&id), claimant)?;
        return Ok(Existing { id, record, email_is_claimed: claimant.is_some() });
    }
    if let Some(id) = claimant.await? {
        let record = store.find_customer(&id).await?;
        return Ok(Existing { id, record, email_is_claimed: true });
    }
    Ok(Existing { id: CustomerId::generate(store.clock()), record: None, email_is_claimed: false })
}

/// AP-25: Updates a customer, over the version that was read. A new email is claimed if no other customer has claimed it. The
/// previous email stays claimed.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`]; `Conflict` while the customer is being erased.
pub async fn update(
    store: &TenantStore,
    id: &CustomerId,
    command: &UpdateCustomer,
    precondition: &Precondition,
) -> Result<CustomerRecord, AppError> {
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let before = store.get_customer(id).await?;
        if before.erasure.is_some() {
            return Err(AppError::Conflict(Conflict::Erasing));
        }
        precondition.check(before.version).map_err(StoreError::from)?;
        let next = apply(&before, command).following(&before, store.clock());
        let mut claimed = next.customer.details.email.as_ref();
        claimed = claimed.filter(|email| before.customer.details.email.as_ref() != Some(email));
        if let Some(email) = claimed
            && store.claimant(email).await?.is_some()
        {
            claimed = None;
        }
        if let Some(written) = store.write_customer(Some(&before), &next, claimed, None).await? {
            return Ok(written.outcome.record);
        }
        backoff.pause("the customer keeps changing").await?;
    }
}

fn apply(record: &CustomerRecord, command: &UpdateCustomer) -> CustomerRecord {
    let UpdateCustomer { name, email, phone, company, metadata } = command.clone();
    let mut record = record.clone();
    let details = &mut record.customer.details;
    name.apply(&mut details.name);
    email.apply(&mut details.email);
    phone.apply(&mut details.phone);
    company.apply(&mut details.company);
    match metadata {
        FieldChange::Keep => {}
        FieldChange::Clear => record.metadata = Metadata::default(),
        FieldChange::Set(metadata) => record.metadata = metadata,
    }
    record
}

/// Returns a customer.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn get(store: &TenantStore, id: &CustomerId) -> Result<CustomerRecord, AppError> {
    Ok(store.get_customer(id).await?)
}

/// AP-22: Returns the customer who first claimed an email, if there is one.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn find_by_email(store: &TenantStore, email: &Email) -> Result<Option<CustomerRecord>, AppError> {
    Ok(store.get_customer_by_email(email).await?)
}

/// Lists customers, newest first.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list(store: &TenantStore, after: Option<MessageId>, limit: usize) -> Result<CustomerPage, AppError> {
    Ok(store.list_customers(after, limit).await?)
}

/// AP-46: Starts erasing a customer. Their details are deleted at once, their conversations in the background by [`take_step`].
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`].
pub async fn erase(
    store: &TenantStore,
    id: &CustomerId,
    precondition: &Precondition,
) -> Result<CustomerRecord, AppError> {
    Ok(store.erase_customer(id, precondition).await?)
}

/// Takes the step that an event makes due. A step that was already taken is not taken again.
///
/// - AP-47: Deletes at most 25 conversations of a customer who is being erased, each as AP-15, and records the step on the
///   customer's item, which triggers the next one. After the last one, the item expires a minute later, and the customer no longer
///   exists. When DynamoDB removes the item, this runs once more, for conversations that were created meanwhile by a request that
///   had read the customer before, or that the index did not show yet.
/// - AP-45: Updates a customer's details on at most 100 of their conversations, oldest activity first. A conversation that gets a
///   reply meanwhile moves ahead and is reached later. `activity` and `updatedAt` do not change. The version increases, because
///   the `ETag` has to change.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn take_step(store: &TenantStore, id: &CustomerId, event: CustomerEvent) -> Result<(), AppError> {
    match event {
        CustomerEvent::ErasureDue { step } => {
            if store.erasure_step(id).await? == Some(step) {
                let deleted = delete_batch(store, id).await?;
                store.record_erasure_progress(id, step, deleted).await?;
            }
        }
        // Conversations that were created while the erasure finished.
        CustomerEvent::Removed => {
            if delete_batch(store, id).await? == u64::from(MAX_DELETED.unsigned_abs()) {
                // There may be more. The erasure starts again, one step at a time.
                store.resume_erasure(id).await?;
            }
        }
        CustomerEvent::RefreshDue { version, refreshed_to } => {
            let current = store.customer_to_copy(id).await?;
            let is_due = |current: &&deskless_store::CustomerToCopy| {
                current.version == version && current.refreshed_to == refreshed_to
            };
            if let Some(current) = current.as_ref().filter(is_due) {
                let copies = store.customer_copies(&current.customer, refreshed_to).await?;
                let copy = |conversation| store.copy_customer(conversation, current);
                stream::iter(copies.outdated).map(copy).buffer_unordered(CONCURRENCY).try_for_each(future::ok).await?;
                if let Some(next) = copies.next {
                    store.record_copy_progress(current, next).await?;
                }
            }
        }
    }
    Ok(())
}

/// Deletes a batch of a customer's conversations and returns their number.
async fn delete_batch(store: &TenantStore, id: &CustomerId) -> Result<u64, AppError> {
    let found = store.conversations_of(id, MAX_DELETED).await?;
    let delete = |conversation| async move {
        match store.delete_conversation(conversation, None, &Precondition::NONE).await {
            // The index can lag behind a deletion.
            Ok(()) | Err(StoreError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    };
    let count = found.len() as u64;
    stream::iter(found).map(delete).buffer_unordered(CONCURRENCY).try_for_each(future::ok).await?;
    Ok(count)
}
