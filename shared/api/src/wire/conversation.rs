//! The wire format of conversations, for server keys.

use deskless_domain::{
    Channel, Conversation, Customer, CustomerDetails, Identifier, IdentitySource, Metadata, Placement, Priority,
    Resolution, Source, Status, Subject, Tags, Timestamp,
};
use deskless_store::{Directory, DirectoryEntry};
use serde::Serialize;
use utoipa::ToSchema;

crate::object_tag!(
    /// `"conversation"`
    ConversationTag = "conversation"
);

/// The customer of a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ConversationCustomer)]
pub struct ConversationCustomerObject {
    /// The id in your own system.
    id: String,
    #[schema(required)]
    name: Option<String>,
    #[schema(required)]
    email: Option<String>,
    #[schema(required)]
    phone: Option<String>,
    #[schema(required)]
    company: Option<String>,
    identity_source: IdentitySource,
}

impl From<&Customer> for ConversationCustomerObject {
    fn from(customer: &Customer) -> Self {
        let CustomerDetails { name, email, phone, company } = &customer.details;
        Self {
            id: customer.id.to_string(),
            name: name.as_ref().map(ToString::to_string),
            email: email.as_ref().map(ToString::to_string),
            phone: phone.as_ref().map(ToString::to_string),
            company: company.as_ref().map(ToString::to_string),
            identity_source: customer.identity_source,
        }
    }
}

/// A resource that a conversation refers to, with its name.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reference {
    #[schema(format = "uuid")]
    id: String,
    name: String,
}

impl Reference {
    fn to(id: impl Identifier, entry: Option<&DirectoryEntry>) -> Option<Self> {
        entry.map(|entry| Self { id: id.to_string(), name: entry.name.clone() })
    }
}

/// A conversation with a customer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Conversation)]
pub struct ConversationObject {
    object: ConversationTag,
    #[schema(format = "uuid")]
    id: String,
    /// A number for people. It is unique in the workspace and increases, with gaps.
    number: u64,
    channel: Channel,
    /// The source.
    source: Source,
    status: Status,
    /// How it was resolved. `null` unless the status is `solved`.
    #[schema(required)]
    resolution: Option<Resolution>,
    /// Whether it is escalated to a person.
    escalated: bool,
    #[schema(value_type = String)]
    priority: Priority,
    #[schema(value_type = String)]
    subject: Subject,
    /// The first 140 characters of the newest reply, or else the subject.
    preview: String,
    customer: ConversationCustomerObject,
    /// The id in your own system, unique in the workspace.
    #[schema(required)]
    external_id: Option<String>,
    /// The channel's key of the thread.
    #[schema(required)]
    session_key: Option<String>,
    /// The inbox.
    #[schema(required, format = "uuid")]
    inbox_id: Option<String>,
    #[schema(required)]
    inbox: Option<Reference>,
    /// The member that it is assigned to.
    #[schema(required, format = "uuid")]
    assignee_id: Option<String>,
    #[schema(required)]
    assignee: Option<Reference>,
    /// The assistant that it is assigned to.
    #[schema(required, format = "uuid")]
    assistant_id: Option<String>,
    #[schema(required)]
    assistant: Option<Reference>,
    #[schema(required, format = "uuid")]
    pipeline_id: Option<String>,
    #[schema(required, format = "uuid")]
    stage_id: Option<String>,
    #[schema(required)]
    stage: Option<Reference>,
    #[schema(value_type = Vec<String>)]
    tags: Tags,
    metadata: Metadata,
    /// The number of messages: replies and notes.
    message_count: u64,
    /// The number of unread customer replies.
    unread_count: u64,
    /// Whether the newest reply is from the customer.
    awaiting_reply: bool,
    /// The end of the reply window. `null` on channels without one, and until the customer writes.
    #[schema(required, format = "date-time")]
    window_expires_at: Option<String>,
    /// The end of the snooze. `null` within a minute after it.
    #[schema(required, format = "date-time")]
    snoozed_until: Option<String>,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    updated_at: String,
    /// The time of the newest reply, or of creation if there is no reply.
    #[schema(format = "date-time")]
    last_message_at: String,
    /// The time of the first reply by an assistant.
    #[schema(required, format = "date-time")]
    first_response_at: Option<String>,
    /// The time at which it was solved. `null` unless the status is `solved`.
    #[schema(required, format = "date-time")]
    closed_at: Option<String>,
}

impl ConversationObject {
    /// Returns the customer.
    #[must_use]
    pub fn customer(&self) -> &ConversationCustomerObject {
        &self.customer
    }

    /// Creates the object, with the names of the resources it refers to.
    pub fn new(conversation: &Conversation, names: &Directory) -> Self {
        let Placement { inbox_id, assignee_id, assistant_id, pipeline_id, stage_id } = conversation.placement;
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        Self {
            object: ConversationTag,
            id: conversation.id.to_string(),
            number: conversation.number,
            channel: conversation.channel(),
            source: conversation.source,
            status: conversation.status,
            resolution: conversation.resolution,
            escalated: conversation.escalated,
            priority: conversation.priority.clone(),
            subject: conversation.subject.clone(),
            preview: conversation.preview().to_owned(),
            customer: (&conversation.customer).into(),
            external_id: conversation.external_id.as_ref().map(ToString::to_string),
            session_key: conversation.session_key.as_ref().map(ToString::to_string),
            inbox_id: inbox_id.map(|id| id.to_string()),
            inbox: inbox_id.and_then(|id| Reference::to(id, names.inbox(id))),
            assignee_id: assignee_id.map(|id| id.to_string()),
            assignee: assignee_id.and_then(|id| Reference::to(id, names.member(id))),
            assistant_id: assistant_id.map(|id| id.to_string()),
            assistant: assistant_id.and_then(|id| Reference::to(id, names.assistant(id))),
            pipeline_id: pipeline_id.map(|id| id.to_string()),
            stage_id: stage_id.map(|id| id.to_string()),
            stage: stage_id.and_then(|id| Reference::to(id, names.stage(id).map(|(_, entry)| entry))),
            tags: conversation.tags.clone(),
            metadata: conversation.metadata.clone(),
            message_count: conversation.message_count,
            unread_count: conversation.unread_count,
            awaiting_reply: conversation.awaiting_reply,
            window_expires_at: time(conversation.window_expires_at()),
            snoozed_until: time(conversation.snoozed_until),
            created_at: conversation.created_at().to_string(),
            updated_at: conversation.updated_at.to_string(),
            last_message_at: conversation.last_message_at().to_string(),
            first_response_at: time(conversation.first_response_at),
            closed_at: time(conversation.closed_at),
        }
    }
}
