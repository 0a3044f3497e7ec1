//! The wire format of conversations.

use deserr::Deserr;
use deskless_api::InvalidRequest;
pub use deskless_api::wire::ConversationObject;
use deskless_api::wire::{ListTag, MessageObject};
use deskless_app::conversations::ConversationView;
use deskless_domain::{CompanyName, Customer, CustomerDetails, CustomerId, Email, PersonName, PhoneNumber};
use serde::Serialize;
use utoipa::ToSchema;

/// The customer of a conversation.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct CustomerRequest {
    /// The id.
    id: CustomerId,
    /// The display name.
    #[deserr(default)]
    name: Option<PersonName>,
    /// The email address.
    #[deserr(default)]
    email: Option<Email>,
    /// The phone number.
    #[deserr(default)]
    phone: Option<PhoneNumber>,
    /// The company or account.
    #[deserr(default)]
    company: Option<CompanyName>,
}

impl From<CustomerRequest> for Customer {
    fn from(CustomerRequest { id, name, email, phone, company }: CustomerRequest) -> Self {
        Self::of_server(id, CustomerDetails { name, email, phone, company })
    }
}

/// A conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationResponse {
    conversation: ConversationObject,
}

impl From<&ConversationView> for ConversationResponse {
    fn from(ConversationView { conversation, names }: &ConversationView) -> Self {
        Self { conversation: ConversationObject::new(conversation, names) }
    }
}

/// A conversation, and the first messages of its thread if they were requested.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationWithMessagesResponse {
    pub conversation: ConversationObject,
    /// The first 100 messages, oldest first. Only with `include=messages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<MessageObject>>,
    /// The `cursor` of the next page of messages. Only with `include=messages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages_next_cursor: Option<String>,
}

/// A page of conversations.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConversationListResponse {
    pub object: ListTag,
    /// Whether more pages may follow.
    pub has_more: bool,
    /// The `cursor` of the next page. `null` on the last page.
    #[schema(required)]
    pub next_cursor: Option<String>,
    pub conversations: Vec<ConversationObject>,
}
