use deskless_api::{
    ApiJson, ApiPath, Caller, Idempotent, Problem, Reply, replayed,
    scope::{ReadCustomers, WriteCustomers},
};
use deskless_app::{AppError, TenantStore, customers, requesters};
use deskless_domain::{Customer, Inbox};
use serde::Serialize;

use crate::chatwoot::{
    attributes::Split,
    contacts::{CreateContact, UpdateContact},
    find,
    path::{PublicContact, PublicInbox},
    query::shown,
};

/// A contact of an inbox.
#[derive(Debug, Serialize)]
pub struct PublicContactObject {
    source_id: String,
    pubsub_token: Option<String>,
    id: String,
    name: Option<String>,
    email: Option<String>,
    phone_number: Option<String>,
}

impl From<&Customer> for PublicContactObject {
    fn from(customer: &Customer) -> Self {
        Self {
            source_id: customer.id.to_string(),
            pubsub_token: None,
            id: customer.id.to_string(),
            name: customer.details.name.as_ref().map(ToString::to_string),
            email: customer.details.email.as_ref().map(ToString::to_string),
            phone_number: customer.details.phone.as_ref().map(ToString::to_string),
        }
    }
}

/// Creates a contact, or updates the one with this identifier or email address. Attributes are merged.
pub async fn create(
    caller: Caller<WriteCustomers>,
    ApiPath(path): ApiPath<PublicInbox>,
    request: Idempotent<CreateContact>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    let _ = find::resource::<Inbox>(caller.store(), path.inbox).await?;
    let stored = attributes(caller.store(), &request).await?;
    let written = customers::upsert(caller.store(), &request.into_command(stored)?, key.as_ref()).await?;
    replayed(written.is_replay, shown(&PublicContactObject::from(&written.outcome.record.customer)))
}

/// Returns the attributes of the contact whom a request with attributes updates.
async fn attributes(store: &TenantStore, request: &CreateContact) -> Result<Split, Problem> {
    let id = match (&request.identifier.0, &request.email.0) {
        _ if !request.has_attributes() => None,
        (Some(id), _) => Some(id.clone()),
        (None, Some(email)) => requesters::find(store, email).await?,
        (None, None) => None,
    };
    let Some(id) = id else { return Ok(Split::default()) };
    match customers::get(store, &id).await {
        Ok(record) => Ok(Split::of(&record.metadata)),
        Err(AppError::NotFound) => Ok(Split::default()),
        Err(error) => Err(error.into()),
    }
}

/// Returns a contact.
pub async fn show(caller: Caller<ReadCustomers>, ApiPath(path): ApiPath<PublicContact>) -> Reply {
    let _ = find::resource::<Inbox>(caller.store(), path.inbox).await?;
    let record = customers::get(caller.store(), &path.contact).await?;
    if record.erasure.is_some() {
        return Err(Problem::not_found());
    }
    shown(&PublicContactObject::from(&record.customer))
}

/// Updates a contact.
pub async fn update(
    caller: Caller<WriteCustomers>,
    ApiPath(path): ApiPath<PublicContact>,
    ApiJson(request): ApiJson<UpdateContact>,
) -> Reply {
    let _ = find::resource::<Inbox>(caller.store(), path.inbox).await?;
    let record = request.apply(caller.store(), &path.contact).await?;
    shown(&PublicContactObject::from(&record.customer))
}
