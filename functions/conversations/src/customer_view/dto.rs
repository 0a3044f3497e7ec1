use deskless_api::wire::{ConversationTag, ListTag};
use deskless_domain::{Channel, Conversation, Customer, CustomerDetails, Status, Subject, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

/// A customer, as they see themselves.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Customer)]
pub struct CustomerSelfObject {
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

impl From<&Customer> for CustomerSelfObject {
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

/// A conversation, as its customer sees it: without fields that notes and internal updates change, such as `updatedAt` and
/// counts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Conversation)]
pub struct CustomerConversationObject {
    object: ConversationTag,
    #[schema(format = "uuid")]
    id: String,
    /// A number for people. It is unique in the workspace and increases, with gaps.
    number: u64,
    channel: Channel,
    status: Status,
    #[schema(value_type = String)]
    subject: Subject,
    /// The first 140 characters of the newest reply, or the subject if there is no reply.
    preview: String,
    customer: CustomerSelfObject,
    #[schema(format = "date-time")]
    created_at: String,
    /// The time of the newest reply, or of creation if there is no reply.
    #[schema(format = "date-time")]
    last_message_at: String,
    /// The time at which it was solved. `null` unless the status is `solved`.
    #[schema(required, format = "date-time")]
    closed_at: Option<String>,
}

impl From<&Conversation> for CustomerConversationObject {
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

/// A conversation, as its customer sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConversationResponse)]
pub struct CustomerConversationResponse {
    conversation: CustomerConversationObject,
}

impl From<&Conversation> for CustomerConversationResponse {
    fn from(conversation: &Conversation) -> Self {
        Self { conversation: conversation.into() }
    }
}

/// A conversation that was created with a client key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConversationCreatedResponse)]
pub struct CustomerConversationCreatedResponse {
    pub conversation: CustomerConversationObject,
    /// The token to send as `X-Customer-Token` in later requests, valid for 30 days. Only for an anonymous customer. `null`
    /// otherwise.
    #[schema(required)]
    pub customer_token: Option<String>,
}

/// A page of a customer's conversations, as they see them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConversationListResponse)]
pub struct CustomerConversationListResponse {
    pub object: ListTag,
    /// Whether more pages may follow.
    pub has_more: bool,
    /// The `cursor` of the next page. `null` on the last page.
    #[schema(required)]
    pub next_cursor: Option<String>,
    pub conversations: Vec<CustomerConversationObject>,
}
