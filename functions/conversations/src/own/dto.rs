use deskless_domain::{Channel, Conversation, Customer, CustomerDetails, Status, Subject, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::{create::OwnConversationCreatedResponse, list::OwnConversationListResponse};
use crate::{
    dto::{ConversationResponse, ConversationTag},
    get::ConversationWithMessagesResponse,
    list::ConversationListResponse,
};

/// A customer, as they see themselves.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustomerViewCustomer)]
pub struct OwnCustomerObject {
    id: String,
    #[schema(required)]
    name: Option<String>,
    #[schema(required)]
    email: Option<String>,
    #[schema(required)]
    phone: Option<String>,
    #[schema(required)]
    company: Option<String>,
}

impl From<&Customer> for OwnCustomerObject {
    fn from(customer: &Customer) -> Self {
        let CustomerDetails { name, email, phone, company } = &customer.details;
        Self {
            id: customer.id.to_string(),
            name: name.as_ref().map(ToString::to_string),
            email: email.as_ref().map(ToString::to_string),
            phone: phone.as_ref().map(ToString::to_string),
            company: company.as_ref().map(ToString::to_string),
        }
    }
}

/// A conversation, as its customer sees it. What a note or an internal change would move (`updatedAt`, counts, versions) is
/// not in here.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerViewConversation)]
pub struct OwnConversationObject {
    object: ConversationTag,
    #[schema(format = "uuid")]
    id: String,
    /// Per workspace, rising, unique; with gaps.
    number: u64,
    channel: Channel,
    status: Status,
    #[schema(value_type = String)]
    subject: Subject,
    /// The newest reply's first 140 characters; the subject until there is one.
    preview: String,
    customer: OwnCustomerObject,
    #[schema(format = "date-time")]
    created_at: String,
    /// When the last reply came; when it was opened until there is one.
    #[schema(format = "date-time")]
    last_message_at: String,
    /// When it was solved; null unless it is.
    #[schema(required, format = "date-time")]
    closed_at: Option<String>,
}

impl From<&Conversation> for OwnConversationObject {
    fn from(conversation: &Conversation) -> Self {
        Self {
            object: ConversationTag,
            id: conversation.id.to_string(),
            number: conversation.number,
            channel: conversation.channel(),
            status: conversation.status,
            subject: conversation.subject.clone(),
            preview: conversation.preview().to_owned(),
            customer: (&conversation.customer).into(),
            created_at: conversation.created_at().to_string(),
            last_message_at: conversation.last_message_at().to_string(),
            closed_at: conversation.closed_at.as_ref().map(Timestamp::to_string),
        }
    }
}

/// One conversation, as its customer sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustomerViewConversationResponse)]
pub struct OwnConversationResponse {
    conversation: OwnConversationObject,
}

impl From<&Conversation> for OwnConversationResponse {
    fn from(conversation: &Conversation) -> Self {
        Self { conversation: conversation.into() }
    }
}

deskless_api::by_key!(
    /// One conversation, as the key sees it.
    EitherConversationResponse = ConversationWithMessagesResponse | OwnConversationResponse
);

deskless_api::by_key!(
    /// A conversation that was opened, as the key sees it.
    EitherConversationCreatedResponse = ConversationResponse | OwnConversationCreatedResponse
);

deskless_api::by_key!(
    /// A page of conversations, as the key sees it.
    EitherConversationListResponse = ConversationListResponse | OwnConversationListResponse
);
