use deskless_domain::{Customer, CustomerRecord, Inbox, Resource};
use serde::Serialize;

use super::InboxObject;
use crate::chatwoot::attributes::{Attributes, Split};

/// A contact: one of our customers. Its id is the customer's id, a string.
#[derive(Debug, Serialize)]
pub struct ContactObject {
    additional_attributes: Attributes,
    availability_status: &'static str,
    email: Option<String>,
    id: String,
    name: String,
    phone_number: Option<String>,
    blocked: bool,
    identifier: String,
    thumbnail: &'static str,
    custom_attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_inboxes: Option<Vec<ContactInbox>>,
}

impl ContactObject {
    /// Returns the contact of a customer's record.
    pub fn of_record(record: &CustomerRecord, inboxes: Vec<ContactInbox>) -> Self {
        let Split { custom, more, .. } = Split::of(&record.metadata);
        Self {
            additional_attributes: more.additional_attributes,
            custom_attributes: custom,
            created_at: Some(record.created_at().as_seconds()),
            contact_inboxes: Some(inboxes),
            ..Self::of(&record.customer)
        }
    }

    /// Returns the contact as a conversation shows it.
    pub fn of(customer: &Customer) -> Self {
        let details = &customer.details;
        Self {
            additional_attributes: Attributes::new(),
            availability_status: "offline",
            email: details.email.as_ref().map(ToString::to_string),
            id: customer.id.to_string(),
            name: details.name.as_ref().map(ToString::to_string).unwrap_or_default(),
            phone_number: details.phone.as_ref().map(ToString::to_string),
            blocked: false,
            identifier: customer.id.to_string(),
            thumbnail: "",
            custom_attributes: Attributes::new(),
            created_at: None,
            contact_inboxes: None,
        }
    }
}

/// The id under which a contact is known in an inbox.
#[derive(Debug, Serialize)]
pub struct ContactInbox {
    source_id: String,
    inbox: InboxObject,
}

impl ContactInbox {
    /// Returns the contact inbox of a customer.
    pub fn new(customer: &Customer, inbox: &Resource<Inbox>) -> Self {
        Self { source_id: customer.id.to_string(), inbox: InboxObject::from(inbox) }
    }
}

/// The author of a message.
#[derive(Debug, Serialize)]
pub struct Sender {
    pub id: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub thumbnail: &'static str,
    #[serde(rename = "type")]
    pub kind: &'static str,
}
