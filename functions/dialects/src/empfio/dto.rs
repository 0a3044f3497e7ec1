//! The service's objects.

use deskless_domain::{Channel, Conversation, Message, Metadata, Role};
use serde::Serialize;

use super::values::{Status, role};

/// A conversation, as lists and updates show it.
#[derive(Debug, Serialize)]
pub struct ConversationObject {
    id: String,
    lead_id: String,
    session_key: Option<String>,
    channel: Channel,
    status: Status,
    message_count: u64,
    created_at: String,
    updated_at: String,
    lead: LeadSummary,
    last_message_at: Option<String>,
    last_message_preview: Option<String>,
}

/// A conversation with its messages.
#[derive(Debug, Serialize)]
pub struct ConversationWithMessages {
    id: String,
    lead_id: String,
    session_key: Option<String>,
    channel: Channel,
    status: Status,
    created_at: String,
    updated_at: String,
    messages: Vec<MessageObject>,
    lead: LeadName,
}

/// The lead of a conversation.
#[derive(Debug, Serialize)]
struct LeadSummary {
    id: String,
    name: Option<String>,
    email: Option<String>,
}

/// The lead of a conversation with its messages.
#[derive(Debug, Serialize)]
struct LeadName {
    id: String,
    name: Option<String>,
}

/// A message.
#[derive(Debug, Serialize)]
pub struct MessageObject {
    id: String,
    conversation_id: String,
    role: Role,
    content: String,
    metadata: Metadata,
    created_at: String,
}

impl From<&Conversation> for ConversationObject {
    fn from(conversation: &Conversation) -> Self {
        let customer = &conversation.customer;
        let newest = conversation.newest_reply.as_ref();
        Self {
            id: conversation.id.to_string(),
            lead_id: customer.id.to_string(),
            session_key: conversation.session_key.as_ref().map(ToString::to_string),
            channel: conversation.channel(),
            status: Status::of(conversation),
            message_count: conversation.message_count,
            created_at: conversation.created_at().to_string(),
            updated_at: conversation.updated_at.to_string(),
            lead: LeadSummary {
                id: customer.id.to_string(),
                name: customer.details.name.as_ref().map(ToString::to_string),
                email: customer.details.email.as_ref().map(ToString::to_string),
            },
            last_message_at: newest.map(|_| conversation.last_message_at().to_string()),
            last_message_preview: newest.map(|_| conversation.preview().to_owned()),
        }
    }
}

impl ConversationWithMessages {
    pub fn new(conversation: &Conversation, messages: &[Message]) -> Self {
        let customer = &conversation.customer;
        Self {
            id: conversation.id.to_string(),
            lead_id: customer.id.to_string(),
            session_key: conversation.session_key.as_ref().map(ToString::to_string),
            channel: conversation.channel(),
            status: Status::of(conversation),
            created_at: conversation.created_at().to_string(),
            updated_at: conversation.updated_at.to_string(),
            messages: messages.iter().map(MessageObject::from).collect(),
            lead: LeadName {
                id: customer.id.to_string(),
                name: customer.details.name.as_ref().map(ToString::to_string),
            },
        }
    }
}

impl From<&Message> for MessageObject {
    fn from(message: &Message) -> Self {
        let draft = &message.draft;
        Self {
            id: message.id.to_string(),
            conversation_id: message.conversation_id.to_string(),
            role: role(draft),
            content: draft.body.as_ref().map(ToString::to_string).unwrap_or_default(),
            metadata: draft.metadata.clone(),
            created_at: message.created_at().to_string(),
        }
    }
}

/// A page of conversations.
#[derive(Debug, Serialize)]
pub struct ConversationPage {
    pub conversations: Vec<ConversationObject>,
    pub total: u64,
    pub page: u64,
    pub size: u64,
}
