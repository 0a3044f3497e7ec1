use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, dialect::respond, replayed,
    scope::WriteCustomers,
};
use deskless_app::{
    AppError,
    customers::{self, UpsertCustomer},
    requesters,
};
use deskless_domain::{
    Channel, CompanyName, CustomerDetails, Email, ExternalId, FieldChange, Metadata, PersonName, PhoneNumber, Tag,
};
use http::StatusCode;

use super::{
    details::{Changes, LeadMetadata},
    dto::LeadObject,
};

/// A lead to create.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct CreateLeadRequest {
    #[deserr(default)]
    name: Option<PersonName>,
    #[deserr(default)]
    phone: Option<PhoneNumber>,
    #[deserr(default)]
    email: Option<Email>,
    #[deserr(default)]
    company: Option<CompanyName>,
    #[deserr(default)]
    channel: Option<Channel>,
    #[deserr(default)]
    channel_id: Option<ExternalId>,
    #[deserr(default)]
    status: Option<Tag>,
    #[deserr(default)]
    metadata: Option<Metadata>,
}

/// Creates a lead, or updates the one with this email address.
pub async fn create_lead(
    caller: Caller<WriteCustomers>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateLeadRequest>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    let store = caller.store();
    let id = match &request.email {
        Some(email) => requesters::find(store, email).await?,
        None => None,
    };
    let stored = match &id {
        Some(id) => match customers::get(store, id).await {
            Ok(record) => LeadMetadata::of(&record.metadata),
            Err(AppError::NotFound) => LeadMetadata::default(),
            Err(error) => return Err(error.into()),
        },
        None => LeadMetadata::default(),
    };
    let metadata = stored.changed(Changes {
        own: set(request.metadata),
        channel: set(request.channel.map(|channel| channel.to_string())),
        channel_id: set(request.channel_id.map(|id| id.to_string())),
        status: set(request.status.map(|status| status.to_string())),
    })?;
    let CreateLeadRequest { name, phone, email, company, .. } = request;
    let details = CustomerDetails { name, email, phone, company };
    let command = UpsertCustomer { id, details, metadata: Some(metadata) };
    let written = customers::upsert(store, &command, key.as_ref()).await?;
    let status = if written.outcome.is_new { StatusCode::CREATED } else { StatusCode::OK };
    replayed(written.is_replay, respond(status, &LeadObject::from(&written.outcome.record)))
}

fn set<T>(value: Option<T>) -> FieldChange<T> {
    value.map_or(FieldChange::Keep, FieldChange::Set)
}
