//! The service's objects.

use deskless_domain::{Conversation, Email, Message, Metadata, Role};
use serde::Serialize;

use super::values::{Status, priority, split_name};

/// For whom an object is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    /// A server key.
    Server,
    /// A customer: without what is internal to the workspace.
    Customer,
    /// A customer who has just created the conversation: they know what they sent.
    Creator,
}

/// A conversation.
#[derive(Debug, Serialize)]
pub struct ConversationObject {
    id: String,
    number: u64,
    subject: String,
    status: Status,
    priority: Option<String>,
    channel: &'static str,
    metadata: Metadata,
    requester: RequesterObject,
    created_at: String,
    updated_at: String,
}

/// The requester of a conversation. An anonymous one has no email and no name.
#[derive(Debug, Serialize)]
struct RequesterObject {
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
}

impl ConversationObject {
    /// Renders a conversation. Customers see neither the priority nor the metadata, which agents update, nor when notes were added.
    pub fn new(conversation: &Conversation, viewer: Viewer) -> Self {
        let details = &conversation.customer.details;
        let (first_name, last_name) = split_name(details.name.as_ref());
        let is_shown = viewer != Viewer::Customer;
        let updated_at = match viewer {
            Viewer::Server => conversation.updated_at,
            Viewer::Customer | Viewer::Creator => {
                conversation.last_message_at().max(conversation.closed_at.unwrap_or(conversation.created_at()))
            }
        };
        Self {
            id: conversation.id.to_string(),
            number: conversation.number,
            subject: conversation.subject.to_string(),
            status: Status::of(conversation),
            priority: is_shown.then(|| priority(&conversation.priority).to_owned()),
            channel: conversation.channel().as_str(),
            metadata: if is_shown { conversation.metadata.clone() } else { Metadata::default() },
            requester: RequesterObject { email: details.email.as_ref().map(Email::to_string), first_name, last_name },
            created_at: conversation.created_at().to_string(),
            updated_at: updated_at.to_string(),
        }
    }
}

/// A message.
#[derive(Debug, Serialize)]
pub struct MessageObject {
    id: String,
    sender_email: Option<String>,
    body: String,
    message_type: &'static str,
    created_at: String,
}

impl MessageObject {
    /// Renders a message. The customer's own messages have the customer's address if they have none of their own. Customers do not see
    /// the addresses of members.
    pub fn new(message: &Message, customer: Option<&Email>, viewer: Viewer) -> Self {
        let draft = &message.draft;
        let of_sender = draft.sender.as_ref().and_then(|sender| sender.email.as_ref());
        let sender = match draft.role {
            Role::User => of_sender.or(customer),
            Role::Assistant | Role::System => of_sender.filter(|_| viewer == Viewer::Server),
        };
        Self {
            id: message.id.to_string(),
            sender_email: sender.map(Email::to_string),
            body: draft.body.as_ref().map(ToString::to_string).unwrap_or_default(),
            message_type: draft.kind.as_str(),
            created_at: message.created_at().to_string(),
        }
    }
}

/// A list.
#[derive(Debug, Serialize)]
pub struct List<T> {
    pub count: u64,
    pub results: Vec<T>,
}
