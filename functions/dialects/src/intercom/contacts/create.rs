use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Code, Idempotent, InvalidRequest, Json, NoParameters, Optional, Problem, Reply, replayed,
    scope::WriteCustomers,
};
use deskless_app::customers::{self, Creation, Emails, UpsertCustomer};
use deskless_domain::{CustomerDetails, CustomerId, Email, PersonName, PhoneNumber, Scope};

use super::reply;
use crate::intercom::{
    attributes::Attributes,
    values::{Id, Seconds, invalid, missing, refuse},
};

/// The fields of a contact to create or update. `null` clears one.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct ContactRequest {
    #[deserr(default)]
    pub role: Option<String>,
    #[deserr(default)]
    pub external_id: Option<Id>,
    #[deserr(default)]
    pub email: Optional<Option<Email>>,
    #[deserr(default)]
    pub phone: Optional<Option<PhoneNumber>>,
    #[deserr(default)]
    pub name: Optional<Option<PersonName>>,
    #[deserr(default)]
    avatar: Optional<Option<String>>,
    #[deserr(default)]
    signed_up_at: Optional<Option<Seconds>>,
    #[deserr(default)]
    last_seen_at: Optional<Option<Seconds>>,
    #[deserr(default)]
    owner_id: Optional<Option<Id>>,
    #[deserr(default)]
    unsubscribed_from_emails: Optional<Option<bool>>,
    #[deserr(default)]
    custom_attributes: Option<Json>,
    #[deserr(default)]
    language_override: Option<Json>,
}

impl ContactRequest {
    /// Applies what our customers have no fields for.
    ///
    /// # Errors
    /// `invalid_request` for values that are not supported.
    pub fn apply(&self, attributes: &mut Attributes) -> Result<(), Problem> {
        refuse(&[("language_override", &self.language_override)])?;
        let seconds = |time: &Seconds| time.0.into();
        let changes = [
            ("avatar", self.avatar.0.as_ref().map(|value| value.clone().into())),
            ("owner_id", self.owner_id.0.as_ref().map(|id| id.as_ref().map(|id| id.0.clone()).into())),
            (
                "signed_up_at",
                self.signed_up_at.0.as_ref().map(|time| time.as_ref().map_or_else(Default::default, seconds)),
            ),
            (
                "last_seen_at",
                self.last_seen_at.0.as_ref().map(|time| time.as_ref().map_or_else(Default::default, seconds)),
            ),
            ("unsubscribed_from_emails", self.unsubscribed_from_emails.0.map(Into::into)),
        ];
        for (name, value) in changes {
            if let Some(value) = value {
                attributes.set(name, value);
            }
        }
        match self.role.as_deref() {
            None => {}
            Some(role @ ("user" | "lead")) => attributes.set("role", role.into()),
            Some(_) => return Err(invalid("role", "must be user or lead")),
        }
        match &self.custom_attributes {
            None | Some(Json::Null) => Ok(()),
            Some(Json::Object(changes)) => attributes.merge(changes),
            Some(_) => Err(invalid("custom_attributes", "must be an object")),
        }
    }

    /// Returns the id that the caller gives the contact.
    ///
    /// # Errors
    /// `invalid_request` when it is not a valid id.
    pub fn id(&self) -> Result<Option<CustomerId>, Problem> {
        let parse = |id: &Id| CustomerId::parse(id.0.clone()).map_err(|error| invalid("external_id", error.message));
        self.external_id.as_ref().map(parse).transpose()
    }
}

/// Create a contact. Refuses to create a second one with the same `external_id` or, without one, with the same `email`.
pub async fn create_contact(
    caller: Caller<WriteCustomers>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<ContactRequest>,
) -> Reply {
    let store = caller.store();
    let (request, key) = request.into_parts(&caller);
    let mut attributes = Attributes::default();
    request.apply(&mut attributes)?;
    let mut id = request.id()?;
    let details = CustomerDetails {
        name: request.name.0.flatten(),
        email: request.email.0.flatten(),
        phone: request.phone.0.flatten(),
        company: None,
    };
    if id.is_none() && details.email.is_none() && request.role.is_none() {
        return Err(missing("email"));
    }
    if id.is_none() && request.role.as_deref() == Some("lead") {
        // Several leads can have one email address.
        id = Some(CustomerId::generate(store.clock()));
    }
    let command = UpsertCustomer { id, details, metadata: Some(attributes.metadata()?) };
    match customers::create(store, &command, Emails::Shared, key.as_ref()).await? {
        Creation::Created(written) => replayed(written.is_replay, reply(store, &written.outcome.record)),
        Creation::IdExists(id) | Creation::EmailExists(id) => {
            let whose = match caller.require(Scope::ReadCustomers) {
                Ok(()) => format!(" with id={id}"),
                Err(_) => String::new(),
            };
            let text = format!("A contact matching those details already exists{whose}");
            Err(Problem::new(Code::Conflict, text))
        }
    }
}
