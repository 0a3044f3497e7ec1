use deskless_domain::{Conversation, Customer, DeliveryStatus, Message, Role};
use serde::Serialize;
use serde_json::{Value, json};

use super::Sender;
use crate::chatwoot::{
    attributes::{Attributes, Split},
    id,
};

/// A message of a customer.
const INCOMING: u8 = 0;
/// A reply or a note of the team.
const OUTGOING: u8 = 1;
/// A message of the system.
const ACTIVITY: u8 = 2;

/// A message.
#[derive(Debug, Serialize)]
pub struct MessageObject {
    id: u64,
    content: Option<String>,
    inbox_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    echo_id: Option<String>,
    conversation_id: u64,
    message_type: u8,
    content_type: String,
    status: &'static str,
    content_attributes: Attributes,
    created_at: i64,
    private: bool,
    source_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<Sender>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Value>,
}

impl MessageObject {
    /// Returns a message of a conversation.
    pub fn new(message: &Message, conversation: &Conversation) -> Self {
        let draft = &message.draft;
        let Split { more, .. } = Split::of(&draft.metadata);
        let conversation_id = id::number(conversation.id);
        let message_type = match draft.role {
            Role::User => INCOMING,
            Role::Assistant => OUTGOING,
            Role::System => ACTIVITY,
        };
        let attachment = |attachment: &deskless_domain::Attachment| {
            json!({
                "id": attachment.file_id,
                "message_id": id::number(message.id),
                "file_type": file_type(attachment.content_type.as_str()),
                "data_url": format!("/api/v1/files/{}", attachment.file_id),
            })
        };
        Self {
            id: id::number(message.id),
            content: draft.body.as_ref().map(ToString::to_string),
            inbox_id: conversation.placement.inbox_id.map(id::number),
            echo_id: None,
            conversation_id,
            message_type,
            content_type: more.content_type.unwrap_or_else(|| "text".to_owned()),
            status: status(message.delivery_status()),
            content_attributes: more.content_attributes,
            created_at: message.created_at().as_seconds(),
            private: !draft.is_reply(),
            source_id: draft.external_id.as_ref().map(ToString::to_string),
            sender: sender(message, &conversation.customer),
            attachments: draft.attachments.iter().map(attachment).collect(),
        }
    }

    /// Adds the temporary id that the client has given to the message.
    pub fn with_echo(self, echo_id: Option<String>) -> Self {
        Self { echo_id, ..self }
    }

    /// Returns a message that was deleted, as the service shows it.
    pub fn deleted(self) -> Self {
        let content_attributes = serde_json::from_str(r#"{"deleted":true}"#).unwrap_or_default();
        let content = Some("This message was deleted".to_owned());
        Self { content, content_attributes, attachments: Vec::new(), ..self }
    }
}

fn file_type(content_type: &str) -> &'static str {
    match content_type.split('/').next() {
        Some("image") => "image",
        Some("audio") => "audio",
        Some("video") => "video",
        _ => "file",
    }
}

fn status(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Queued | DeliveryStatus::Sent => "sent",
        DeliveryStatus::Delivered => "delivered",
        DeliveryStatus::Read => "read",
        DeliveryStatus::Failed => "failed",
    }
}

fn sender(message: &Message, customer: &Customer) -> Option<Sender> {
    let draft = &message.draft;
    let given = draft.sender.clone().unwrap_or_default();
    if draft.is_from_customer() {
        let details = &customer.details;
        return Some(Sender {
            id: Some(customer.id.to_string()),
            name: given.name.or_else(|| details.name.clone()).map(|name| name.to_string()),
            email: given.email.or_else(|| details.email.clone()).map(|email| email.to_string()),
            thumbnail: "",
            kind: "contact",
        });
    }
    draft.sender.as_ref()?;
    Some(Sender {
        id: given.id.map(|id| id.to_string()),
        name: given.name.map(|name| name.to_string()),
        email: given.email.map(|email| email.to_string()),
        thumbnail: "",
        kind: "user",
    })
}

/// The newest reply of a conversation, with the first 140 characters of its text.
#[derive(Debug, Clone, Serialize)]
pub struct LastMessage {
    id: u64,
    content: String,
    inbox_id: Option<u64>,
    conversation_id: u64,
    message_type: u8,
    content_type: &'static str,
    created_at: i64,
    private: bool,
}

impl LastMessage {
    /// Returns the newest reply of a conversation.
    pub fn of(conversation: &Conversation) -> Option<Self> {
        let reply = conversation.newest_reply.as_ref()?;
        Some(Self {
            id: id::number(reply.id),
            content: reply.preview.clone(),
            inbox_id: conversation.placement.inbox_id.map(id::number),
            conversation_id: id::number(conversation.id),
            message_type: if conversation.awaiting_reply { INCOMING } else { OUTGOING },
            content_type: "text",
            created_at: reply.id.time().as_seconds(),
            private: false,
        })
    }
}
