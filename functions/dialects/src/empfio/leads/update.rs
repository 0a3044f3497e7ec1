use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, InvalidRequest, NoParameters, Optional, Patch, Reply, dialect::respond,
    scope::WriteCustomers,
};
use deskless_app::{
    AppError,
    customers::{self, UpdateCustomer},
};
use deskless_domain::{
    Channel, CompanyName, CustomerId, Email, ExternalId, FieldChange, Metadata, PersonName, PhoneNumber, Precondition,
    Tag,
};
use http::StatusCode;

use super::{
    details::{Changes, LeadMetadata},
    dto::LeadObject,
};

/// How often an update starts again because another one came first.
const MAX_TRIES: usize = 5;

/// The fields to update. A field that is left out stays; `null` removes its value.
#[derive(Debug, Clone, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct UpdateLeadRequest {
    #[deserr(default)]
    name: Optional<Option<PersonName>>,
    #[deserr(default)]
    phone: Optional<Option<PhoneNumber>>,
    #[deserr(default)]
    email: Optional<Option<Email>>,
    #[deserr(default)]
    company: Optional<Option<CompanyName>>,
    #[deserr(default)]
    channel: Optional<Option<Channel>>,
    #[deserr(default)]
    channel_id: Optional<Option<ExternalId>>,
    #[deserr(default)]
    status: Optional<Option<Tag>>,
    #[deserr(default)]
    metadata: Optional<Option<Metadata>>,
}

impl UpdateLeadRequest {
    fn changes(&self) -> Changes {
        Changes {
            own: self.metadata.clone().change(),
            channel: text(self.channel.clone()),
            channel_id: text(self.channel_id.clone()),
            status: text(self.status.clone()),
        }
    }

    fn command(&self, metadata: Metadata) -> UpdateCustomer {
        UpdateCustomer {
            name: self.name.clone().change(),
            email: self.email.clone().change(),
            phone: self.phone.clone().change(),
            company: self.company.clone().change(),
            metadata: FieldChange::Set(metadata),
        }
    }
}

fn text<T: ToString>(field: Optional<Option<T>>) -> FieldChange<String> {
    match field.change() {
        FieldChange::Keep => FieldChange::Keep,
        FieldChange::Clear => FieldChange::Clear,
        FieldChange::Set(value) => FieldChange::Set(value.to_string()),
    }
}

/// Updates a lead, over the version that was read.
pub async fn update_lead(
    caller: Caller<WriteCustomers>,
    ApiPath(id): ApiPath<CustomerId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    ApiJson(Patch(request)): ApiJson<Patch<UpdateLeadRequest>>,
) -> Reply {
    let store = caller.store();
    let mut tries = 1;
    loop {
        let record = customers::get(store, &id).await?;
        let metadata = LeadMetadata::of(&record.metadata).changed(request.changes())?;
        let precondition = Precondition::exactly(record.version);
        match customers::update(store, &id, &request.command(metadata), &precondition).await {
            Ok(updated) => return respond(StatusCode::OK, &LeadObject::from(&updated)),
            Err(AppError::VersionMismatch) if tries < MAX_TRIES => tries += 1,
            Err(error) => return Err(error.into()),
        }
    }
}
