//! Customers: create or update, read, list, erase, and keep conversations up to date with them.

use deskless_domain::{
    CompanyName, Customer, CustomerDetails, CustomerEvent, CustomerId, CustomerRecord, Email, FieldChange,
    IdentitySource, MessageId, Metadata, PersonName, PhoneNumber, Precondition,
};
use deskless_store::{Backoff, Deletion, IdempotencyKey, Once, StoreError, TenantStore};
pub use deskless_store::{CustomerPage, WrittenCustomer};

use crate::{AppError, Conflict};

/// The most conversations that one step of an erasure deletes.
const ERASED_AT_ONCE: i32 = 25;

/// Creates a customer or updates the one who has this id, else this email.
#[derive(Debug, Clone)]
pub struct UpsertCustomer {
    /// The customer; `None` stands for whoever has claimed the email, else for a new customer.
    pub id: Option<CustomerId>,
    /// The details. What is not given stays.
    pub details: CustomerDetails,
    /// The caller's own data, replaced as a whole if it is given.
    pub metadata: Option<Metadata>,
}

/// A partial update of a customer.
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

/// Creates or updates a customer. An email belongs to the first customer who claims it: beside another id it is stored and
/// not claimed.
///
/// # Errors
/// `Conflict` while the customer is being erased; [`AppError::IdempotencyKeyReused`].
pub async fn upsert(
    store: &TenantStore,
    command: &UpsertCustomer,
    key: Option<&IdempotencyKey>,
) -> Result<Once<WrittenCustomer>, AppError> {
    let mut backoff = Backoff::new(store.clock());
    let (mut found, earlier) = tokio::try_join!(find(store, command), store.replay(key))?;
    if let Some(earlier) = earlier {
        return Ok(Once::replay(earlier));
    }
    loop {
        let before = found.record.as_ref();
        if before.is_some_and(|record| record.erasure.is_some()) {
            return Err(AppError::Conflict(Conflict::Erasing));
        }
        let next = if let Some(record) = before {
            record.updated(&command.details, command.metadata.as_ref(), store.clock())
        } else {
            let (id, details) = (found.id.clone(), command.details.clone());
            let customer = Customer { id, details, identity_source: IdentitySource::Headers };
            CustomerRecord::new(customer, command.metadata.clone().unwrap_or_default(), store.clock())
        };
        let claimed = command.details.email.as_ref().filter(|_| !found.email_is_claimed);
        if let Some(written) = store.write_customer(before, &next, claimed, key).await? {
            return Ok(written);
        }
        backoff.pause("the customer keeps changing").await?;
        found = find(store, command).await?;
    }
}

/// What is stored about the customer of a command.
struct Found {
    id: CustomerId,
    record: Option<CustomerRecord>,
    email_is_claimed: bool,
}

async fn find(store: &TenantStore, command: &UpsertCustomer) -> Result<Found, StoreError> {
    let claimant = async {
        match &command.details.email {
            Some(email) => store.claimant(email).await,
            None => Ok(None),
        }
    };
    if let Some(id) = command.id.clone() {
        let (record, claimant) = tokio::try_join!(store.find_customer(&id), claimant)?;
        return Ok(Found { id, record, email_is_claimed: claimant.is_some() });
    }
    if let Some(id) = claimant.await? {
        let record = store.find_customer(&id).await?;
        return Ok(Found { id, record, email_is_claimed: true });
    }
    Ok(Found { id: CustomerId::generate(store.clock()), record: None, email_is_claimed: false })
}

/// Updates a customer. A new email is claimed if nobody has; the claim of the one before stays.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`]; `Conflict` while the customer is being erased.
pub async fn update(
    store: &TenantStore,
    id: &CustomerId,
    command: &UpdateCustomer,
    precondition: &Precondition,
) -> Result<CustomerRecord, AppError> {
    let mut backoff = Backoff::new(store.clock());
    loop {
        let before = store.get_customer(id).await?;
        if before.erasure.is_some() {
            return Err(AppError::Conflict(Conflict::Erasing));
        }
        precondition.check(before.version).map_err(StoreError::from)?;
        let next = edited(&before, command).following(&before, store.clock());
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

fn edited(record: &CustomerRecord, command: &UpdateCustomer) -> CustomerRecord {
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

/// Reads a customer.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn get(store: &TenantStore, id: &CustomerId) -> Result<CustomerRecord, AppError> {
    Ok(store.get_customer(id).await?)
}

/// Reads the customer who first claimed an email, if anybody did.
///
/// # Errors
/// When the table does not answer.
pub async fn find_by_email(store: &TenantStore, email: &Email) -> Result<Option<CustomerRecord>, AppError> {
    Ok(store.get_customer_by_email(email).await?)
}

/// Lists customers, newest first.
///
/// # Errors
/// When the table does not answer.
pub async fn list(store: &TenantStore, after: Option<MessageId>, limit: usize) -> Result<CustomerPage, AppError> {
    Ok(store.list_customers(after, limit).await?)
}

/// Begins to erase a customer. Their details are removed at once, their conversations in the background.
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

/// Takes the step that is due after an event: deletes some of an erased customer's conversations, or brings some
/// conversations up to date with a customer. A step that was taken already is not taken again.
///
/// # Errors
/// When the table does not answer.
pub async fn take_step(store: &TenantStore, id: &CustomerId, event: CustomerEvent) -> Result<(), AppError> {
    match event {
        CustomerEvent::ErasureDue { step } => {
            if store.erasure_step(id).await? == Some(step) {
                let deleted = delete_some(store, id).await?;
                store.record_erasure_progress(id, step, deleted).await?;
            }
        }
        // Conversations that were opened while the erasure ended.
        CustomerEvent::Removed => while delete_some(store, id).await? > 0 {},
        CustomerEvent::RefreshDue { version, refreshed_to } => {
            let current = store.customer_to_copy(id).await?;
            let is_due = |current: &&deskless_store::CustomerToCopy| {
                current.version == version && current.refreshed_to == refreshed_to
            };
            if let Some(current) = current.as_ref().filter(is_due) {
                let copies = store.customer_copies(&current.customer, refreshed_to).await?;
                for conversation in copies.outdated {
                    store.copy_customer(conversation, current).await?;
                }
                if let Some(next) = copies.next {
                    store.record_copy_progress(current, next).await?;
                }
            }
        }
    }
    Ok(())
}

/// Deletes some of a customer's conversations and returns how many there were.
async fn delete_some(store: &TenantStore, id: &CustomerId) -> Result<u64, AppError> {
    let deletion = Deletion { reason: None, key: None };
    let found = store.conversations_of(id, ERASED_AT_ONCE).await?;
    for &conversation in &found {
        match store.delete_conversation(conversation, &deletion, &Precondition::NONE).await {
            // The index shows deleted conversations for a moment.
            Ok(()) | Err(StoreError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found.len() as u64)
}
