use deserr::Deserr;
use deskless_api::{ApiPath, Caller, Idempotent, InvalidRequest, Reply, replayed, scope::WriteCustomers};
use deskless_app::customers::{self, Creation, Emails, UpsertCustomer, WrittenCustomer};
use deskless_domain::{CustomerDetails, CustomerId, Email, Inbox, InboxId, Metadata, PersonName, PhoneNumber, Scope};
use serde::Serialize;

use crate::chatwoot::{
    attributes::{Split, members},
    blank::{Blank, Unsupported},
    dto::{ContactInbox, ContactObject},
    find,
    id::Wanted,
    path::InAccount,
    query::{invalid, shown},
};

/// A contact to create.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct CreateContact {
    #[deserr(default)]
    pub inbox_id: Blank<Wanted<InboxId>>,
    #[deserr(default)]
    pub name: Blank<PersonName>,
    #[deserr(default)]
    pub email: Blank<Email>,
    #[deserr(default)]
    pub phone_number: Blank<PhoneNumber>,
    #[deserr(default)]
    pub identifier: Blank<CustomerId>,
    #[deserr(default)]
    pub custom_attributes: Blank<Metadata>,
    #[deserr(default)]
    pub additional_attributes: Blank<Metadata>,
    #[deserr(default)]
    pub blocked: Unsupported,
}

impl CreateContact {
    /// Returns whether the request has attributes.
    pub fn has_attributes(&self) -> bool {
        self.custom_attributes.0.is_some() || self.additional_attributes.0.is_some()
    }

    /// Returns the command. Attributes are merged into those that an existing contact has.
    ///
    /// # Errors
    /// `invalid_request` for attributes that are too large together or reserved, and for contacts to block.
    pub fn into_command(self, mut attributes: Split) -> Result<UpsertCustomer, deskless_api::Problem> {
        if self.blocked.0 {
            return Err(invalid("blocked", "must be false. Contacts cannot be blocked"));
        }
        let has_attributes = self.has_attributes();
        attributes.custom.extend(self.custom_attributes.0.as_ref().map(members).unwrap_or_default());
        let additional = self.additional_attributes.0.as_ref().map(members).unwrap_or_default();
        attributes.more.additional_attributes.extend(additional);
        let details =
            CustomerDetails { name: self.name.0, email: self.email.0, phone: self.phone_number.0, company: None };
        let metadata = has_attributes.then(|| attributes.join("custom_attributes")).transpose()?;
        Ok(UpsertCustomer { id: self.identifier.0, details, metadata })
    }
}

#[derive(Serialize)]
struct Created {
    payload: Payload,
}

#[derive(Serialize)]
struct Payload {
    contact: ContactObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_inbox: Option<ContactInbox>,
}

/// Creates a contact.
pub async fn create(
    caller: Caller<WriteCustomers>,
    ApiPath(path): ApiPath<InAccount>,
    request: Idempotent<CreateContact>,
) -> Reply {
    let _ = path.account.of(caller.store())?;
    let (request, key) = request.into_parts(&caller);
    let inbox = match request.inbox_id.0 {
        Some(wanted) if wanted != Wanted::Number(0) => {
            caller.require(Scope::ReadWorkspace)?;
            Some(find::resource::<Inbox>(caller.store(), wanted).await?)
        }
        _ => None,
    };
    let command = request.into_command(Split::default())?;
    let written = match customers::create(caller.store(), &command, Emails::Unique, key.as_ref()).await? {
        Creation::Created(written) => written,
        Creation::IdExists(_) => return Err(invalid("identifier", "has already been taken")),
        Creation::EmailExists(_) => return Err(invalid("email", "has already been taken")),
    };
    let WrittenCustomer { record, .. } = &written.outcome;
    let contact_inbox = || inbox.as_ref().map(|inbox| ContactInbox::new(&record.customer, inbox));
    let contact = ContactObject::of_record(record, contact_inbox().into_iter().collect());
    replayed(written.is_replay, shown(&Created { payload: Payload { contact, contact_inbox: contact_inbox() } }))
}
