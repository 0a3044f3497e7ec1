//! What conversations look like on the wire.

use deserr::Deserr;
use deskless_api::InvalidRequest;
pub use deskless_api::wire::{ConversationObject, ConversationTag};
use deskless_domain::{
    CompanyName, Conversation, Customer, CustomerDetails, CustomerId, Email, IdentitySource, PersonName, PhoneNumber,
};
use deskless_store::Directory;
use serde::Serialize;
use utoipa::ToSchema;

/// With whom a conversation is opened.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct CustomerRequest {
    id: CustomerId,
    /// The name as it is shown.
    #[deserr(default)]
    name: Option<PersonName>,
    #[deserr(default)]
    email: Option<Email>,
    /// A telephone number.
    #[deserr(default)]
    phone: Option<PhoneNumber>,
    /// Company or account.
    #[deserr(default)]
    company: Option<CompanyName>,
}

impl From<CustomerRequest> for Customer {
    fn from(CustomerRequest { id, name, email, phone, company }: CustomerRequest) -> Self {
        let details = CustomerDetails { name, email, phone, company };
        Self { id, details, identity_source: IdentitySource::Headers }
    }
}

/// One conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationResponse {
    conversation: ConversationObject,
}

impl ConversationResponse {
    /// With the names of what it refers to.
    pub fn new(conversation: &Conversation, names: &Directory) -> Self {
        Self { conversation: ConversationObject::new(conversation, names) }
    }
}
