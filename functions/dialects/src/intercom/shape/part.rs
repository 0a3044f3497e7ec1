//! The objects of messages: the source of a conversation and its parts.

use deskless_domain::{Attachment, Conversation, IdentitySource, MemberId, Message, MessageType, Role};
use serde_json::{Value, json};

use crate::intercom::{attributes::Attributes, html};

/// How bodies are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFormat {
    /// As HTML.
    Html,
    /// As plain text.
    Text,
}

/// Returns the role of a conversation's customer.
pub fn contact_type(conversation: &Conversation) -> &'static str {
    if conversation.customer.identity_source == IdentitySource::Anonymous { "lead" } else { "user" }
}

/// Returns the author of a message: the contact, an admin, or the bot for a message whose author is not named.
pub fn author(message: &Message, conversation: &Conversation, assistant: Option<&str>) -> Value {
    let sender = message.draft.sender.as_ref();
    let name = sender.and_then(|sender| sender.name.as_ref()).map(ToString::to_string);
    let email = sender.and_then(|sender| sender.email.as_ref()).map(ToString::to_string);
    if message.draft.role == Role::User {
        let customer = &conversation.customer;
        return json!({
            "type": contact_type(conversation),
            "id": customer.id.as_str(),
            "name": name.or_else(|| customer.details.name.as_ref().map(ToString::to_string)),
            "email": email.or_else(|| customer.details.email.as_ref().map(ToString::to_string)),
        });
    }
    let id = sender.and_then(|sender| sender.id.as_ref()).map(ToString::to_string);
    let is_member = id.as_deref().and_then(MemberId::parse).is_some();
    let is_person = is_member || (name.is_some() && message.draft.role == Role::Assistant);
    json!({
        "type": if is_person { "admin" } else { "bot" },
        "id": id.unwrap_or_else(|| "0".to_owned()),
        "name": name.or_else(|| assistant.map(ToOwned::to_owned)),
        "email": email,
    })
}

/// Returns the body of a message; `None` if it has files alone.
pub fn body(message: &Message, format: BodyFormat) -> Option<String> {
    let text = message.draft.body.as_ref()?.as_str();
    Some(match format {
        BodyFormat::Html => html::of_text(text),
        BodyFormat::Text => text.to_owned(),
    })
}

/// Returns the attachments of a message.
pub fn attachments(message: &Message) -> Vec<Value> {
    let attachment = |file: &Attachment| {
        json!({
            "type": "upload",
            "id": file.file_id.to_string(),
            "name": file.name.to_string(),
            "url": format!("/api/v1/files/{}", file.file_id),
            "content_type": file.content_type.to_string(),
            "filesize": file.size.bytes(),
            "width": null,
            "height": null,
        })
    };
    message.draft.attachments.iter().map(attachment).collect()
}

/// Returns the object of a message after the first one.
pub fn part(message: &Message, conversation: &Conversation, assistant: Option<&str>, format: BodyFormat) -> Value {
    let attributes = Attributes::of(&message.draft.metadata);
    let default = if message.draft.kind == MessageType::Note { "note" } else { "comment" };
    let kind = attributes.own.get("part_type").and_then(Value::as_str).unwrap_or(default);
    let at = message.created_at().as_seconds();
    let assigned_to = attributes.own.get("assigned_to").map(|id| json!({ "type": "admin", "id": id }));
    json!({
        "type": "conversation_part",
        "id": message.id.to_string(),
        "part_type": kind,
        "body": body(message, format),
        "created_at": at,
        "updated_at": at,
        "notified_at": at,
        "assigned_to": assigned_to,
        "author": author(message, conversation, assistant),
        "attachments": attachments(message),
        "external_id": message.draft.external_id.as_ref().map(ToString::to_string),
        "redacted": false,
        "metadata": attributes.custom(),
        "email_message_metadata": null,
        "app_package_code": null,
    })
}
