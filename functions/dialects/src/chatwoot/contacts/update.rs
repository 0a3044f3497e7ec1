use deserr::Deserr;
use deskless_api::{ApiJson, ApiPath, Caller, InvalidRequest, Optional, Problem, Reply, scope::WriteCustomers};
use deskless_app::{
    AppError, TenantStore,
    customers::{self, UpdateCustomer},
};
use deskless_domain::{
    CustomerId, CustomerRecord, Email, FieldChange, Metadata, PersonName, PhoneNumber, Precondition,
};

use super::show::ContactPayload;
use crate::chatwoot::{
    attributes::{Split, members},
    blank::{Blank, Unsupported, change},
    dto::ContactObject,
    path::OfContact,
    query::{invalid, shown},
};

/// The number of tries to merge attributes while others update the contact.
const TRIES: usize = 5;

/// An update of a contact. Attributes are merged into those that it has.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct UpdateContact {
    #[deserr(default)]
    name: Optional<Blank<PersonName>>,
    #[deserr(default)]
    email: Optional<Blank<Email>>,
    #[deserr(default)]
    phone_number: Optional<Blank<PhoneNumber>>,
    #[deserr(default)]
    identifier: Blank<CustomerId>,
    #[deserr(default)]
    custom_attributes: Blank<Metadata>,
    #[deserr(default)]
    additional_attributes: Blank<Metadata>,
    #[deserr(default)]
    blocked: Unsupported,
}

impl UpdateContact {
    /// Updates a contact.
    ///
    /// # Errors
    /// `invalid_request` for another identifier and for contacts to block.
    pub async fn apply(self, store: &TenantStore, id: &CustomerId) -> Result<CustomerRecord, Problem> {
        if self.blocked.0 {
            return Err(invalid("blocked", "must be false. Contacts cannot be blocked"));
        }
        if self.identifier.0.as_ref().is_some_and(|identifier| identifier != id) {
            return Err(invalid("identifier", "must not change: it is the id of the contact"));
        }
        let (custom, additional) = (self.custom_attributes.0, self.additional_attributes.0);
        let mut command = UpdateCustomer {
            name: change(self.name),
            email: change(self.email),
            phone: change(self.phone_number),
            ..UpdateCustomer::default()
        };
        if custom.is_none() && additional.is_none() {
            return Ok(customers::update(store, id, &command, &Precondition::NONE).await?);
        }
        for _ in 0..TRIES {
            let record = customers::get(store, id).await?;
            let mut attributes = Split::of(&record.metadata);
            attributes.custom.extend(custom.as_ref().map(members).unwrap_or_default());
            attributes.more.additional_attributes.extend(additional.as_ref().map(members).unwrap_or_default());
            command.metadata = FieldChange::Set(attributes.join("custom_attributes")?);
            match customers::update(store, id, &command, &Precondition::exactly(record.version)).await {
                Err(AppError::VersionMismatch) => {}
                updated => return Ok(updated?),
            }
        }
        Err(AppError::Unavailable("the contact keeps changing".to_owned()).into())
    }
}

/// Updates a contact.
pub async fn update(
    caller: Caller<WriteCustomers>,
    ApiPath(path): ApiPath<OfContact>,
    ApiJson(request): ApiJson<UpdateContact>,
) -> Reply {
    let _ = path.account.of(caller.store())?;
    let record = request.apply(caller.store(), &path.contact).await?;
    shown(&ContactPayload { payload: ContactObject::of_record(&record, Vec::new()) })
}
