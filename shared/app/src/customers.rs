//! Customers: create or update, get, list, erase, and update the copies of their details on conversations.

use deskless_domain::{
    CompanyName, Customer, CustomerDetails, CustomerEvent, CustomerId, CustomerRecord, Email, FieldChange, MessageId,
    Metadata, Offset, OffsetPage, PersonName, PhoneNumber, Precondition, Timestamp,
};
use deskless_store::{
    CustomerKey, EmailChange, EmailClaim, EmailHolder, IdempotencyKey, Once, StoreError, TenantStore,
};
pub use deskless_store::{CustomerPage, WrittenCustomer};
use futures_util::{StreamExt, TryStreamExt, future, stream};

use crate::{AppError, Conflict};

mod create;
mod edit;

pub use create::{Creation, Emails, create};
pub use edit::edit;

/// The maximum number of conversations that one step of an erasure deletes.
const MAX_DELETED: u16 = 25;
/// The number of conversations that a step of an erasure or of a copy writes concurrently.
const CONCURRENCY: usize = 8;

/// A command to create a customer, or to update the one with this id or email.
#[derive(Debug, Clone)]
pub struct UpsertCustomer {
    /// The id; `None` for the customer with this email, or for a new one.
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

/// AP-24: Creates or updates a customer. Writes only over the version that was read. Several customers can have one email address.
/// Without an id, the first one of them is updated. If several callers create a customer with one address at the same time, one
/// wins, and the others read again and find the winner.
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
    let (mut existing, earlier) = tokio::try_join!(find(store, command), store.replay::<WrittenCustomer>(key))?;
    if let Some(earlier) = earlier {
        let WrittenCustomer { record, .. } = &earlier;
        let current = store.find_customer(&record.customer.id).await?;
        if current.is_some_and(|current| current.erasure.is_some()) {
            return Err(AppError::Conflict(Conflict::Erasing));
        }
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
            let customer = Customer::of_server(existing.id.clone(), command.details.clone());
            CustomerRecord::new(customer, command.metadata.clone().unwrap_or_default(), store.clock())
        };
        let emails = email_change(store, before, &next, existing.claim).await?;
        if let Some(written) = store.write_customer(before, &next, &emails, key).await? {
            return Ok(written);
        }
        backoff.pause("the customer keeps changing").await?;
        existing = find(store, command).await?;
    }
}

/// The stored customer of a command, and the claim on the email address.
struct Existing {
    id: CustomerId,
    record: Option<CustomerRecord>,
    claim: Option<EmailClaim>,
}

async fn find(store: &TenantStore, command: &UpsertCustomer) -> Result<Existing, StoreError> {
    let claim = async {
        match &command.details.email {
            Some(email) => store.email_claim(email, true).await.map(Some),
            None => Ok(None),
        }
    };
    if let Some(id) = command.id.clone() {
        let (record, claim) = tokio::try_join!(store.find_customer(&id), claim)?;
        return Ok(Existing { id, record, claim });
    }
    let claim = claim.await?;
    match claim.as_ref().and_then(EmailClaim::customer).cloned() {
        Some(id) => Ok(Existing { record: store.find_customer(&id).await?, id, claim }),
        None => Ok(Existing { id: CustomerId::generate(store.clock()), record: None, claim }),
    }
}

async fn email_change(
    store: &TenantStore,
    before: Option<&CustomerRecord>,
    next: &CustomerRecord,
    claim: Option<EmailClaim>,
) -> Result<EmailChange, StoreError> {
    let registered = before.and_then(|record| record.registered_email.as_deref());
    store.email_change(&EmailHolder::of(next), registered, next.customer.details.email.as_ref(), claim).await
}

/// AP-25: Updates a customer, over the version that was read. The previous email address no longer finds the
/// customer.
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
        let emails = email_change(store, Some(&before), &next, None).await?;
        if let Some(written) = store.write_customer(Some(&before), &next, &emails, None).await? {
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

/// AP-22: Lists the customers who have an email address, newest first.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list_by_email(
    store: &TenantStore,
    email: &Email,
    after: Option<MessageId>,
    limit: usize,
) -> Result<CustomerPage, AppError> {
    Ok(store.list_customers_by_email(email, after, limit).await?)
}

/// Lists customers, newest first.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list(store: &TenantStore, after: Option<MessageId>, limit: usize) -> Result<CustomerPage, AppError> {
    Ok(store.list_customers(after, limit).await?)
}

/// AP-145: Lists customers by offset, newest first: all, or those who have an email address. The total is exact up to 10,000, and a lower
/// bound beyond.
///
/// # Errors
/// [`AppError::Invalid`] for an offset that cannot be reached in the time of a request; [`AppError::Unavailable`] when DynamoDB does not
/// respond.
pub async fn list_at(
    store: &TenantStore,
    email: Option<&Email>,
    offset: Offset,
    limit: usize,
) -> Result<OffsetPage<CustomerRecord>, AppError> {
    Ok(match email {
        Some(email) => store.list_customers_by_email_at(email, offset, limit).await?,
        None => store.list_customers_at(offset, limit).await?,
    })
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
pub async fn take_step(store: &TenantStore, id: &CustomerKey, event: CustomerEvent) -> Result<(), AppError> {
    match event {
        CustomerEvent::ErasureDue { step } => {
            if store.erasure_step(id).await? == Some(step) {
                let deleted = delete_batch(store, id, None).await?;
                let outcomes = store.erase_outcomes_of(id, i32::from(MAX_DELETED)).await?;
                store.record_erasure_progress(id, step, deleted, deleted == 0 && outcomes == 0).await?;
            }
        }
        // Conversations that were created while the erasure finished. Later ones are those of a new customer with the id.
        CustomerEvent::Removed { expired_at } => {
            if delete_batch(store, id, Some(expired_at)).await? == u64::from(MAX_DELETED) {
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

/// Deletes a batch of a customer's conversations, created before a time, and returns their number.
async fn delete_batch(
    store: &TenantStore,
    id: &CustomerKey,
    created_before: Option<Timestamp>,
) -> Result<u64, AppError> {
    let found = store.conversations_of(id, created_before, usize::from(MAX_DELETED)).await?;
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
