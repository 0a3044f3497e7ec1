//! The wire format of messages.

use deskless_api::Problem;
use deskless_domain::{ConversationId, FileCategory, Message, MessageType, Role};
use serde_json::{Value, json};

use super::id::id_of;
use crate::apex::{
    channel,
    error::bad_request,
    organization::ORGANIZATION,
    query::{Field, Kind, Operator, Query, Service},
};

/// The parameter that names the conversation.
pub const CONVERSATION: &str = "conversation_id";
/// The types of messages that there are.
pub const TYPES: &[&str] = &["text", "note", "image", "audio", "video", "document", "template"];

/// The fields by which messages can be filtered.
const FIELDS: &[Field] = &[
    Field::new(ORGANIZATION, Kind::Text),
    Field::new(CONVERSATION, Kind::Id),
    Field::new("_id", Kind::Id),
    Field::new("id", Kind::Id),
    Field::new("message_type", Kind::Text),
    Field::new("direction", Kind::Word(&["inbound", "outbound"])),
    Field::new("status", Kind::Text),
    Field::new("created_at", Kind::Time),
];

/// The service.
pub static SERVICE: Service = Service { fields: FIELDS, columns: COLUMNS };

/// The fields of a row.
const COLUMNS: &[&str] = &[
    "_id",
    "id",
    "message_id",
    "external_id",
    "organization_id",
    "conversation_id",
    "channel",
    "direction",
    "role",
    "sender_name",
    "message_type",
    "message_text",
    "template",
    "status",
    "conversation_file_id",
    "file_name",
    "file_type",
    "file_size",
    "files",
    "created_at",
    "updated_at",
];

/// Removes the conversation from a query.
///
/// # Errors
/// `BadRequest` when it is malformed.
pub fn conversation(query: &mut Query) -> Result<Option<ConversationId>, Problem> {
    let Some(id) = query.take(CONVERSATION)? else { return Ok(None) };
    ConversationId::parse(&id).map(Some).ok_or_else(|| bad_request(CONVERSATION, "must be the id of a conversation"))
}

/// Removes conditions that hold for every message, such as `message_type[$ne]=reaction`: there are no reactions.
pub fn simplify(query: &mut Query) {
    query.all.retain(|condition| {
        let is_known = |value: &Option<String>| value.as_deref().is_some_and(|value| TYPES.contains(&value));
        condition.field.name != "message_type"
            || condition.operator != Operator::NotIn
            || condition.values.iter().any(is_known)
    });
}

/// Returns the service's type of a message.
fn type_of(message: &Message) -> &'static str {
    let draft = &message.draft;
    let is_template = draft.content.as_ref().is_some_and(|content| content.json().starts_with(r#"{"template":"#));
    match draft.attachments.first().map(|file| file.content_type.category()) {
        _ if draft.kind == MessageType::Note => "note",
        _ if is_template => "template",
        None => "text",
        Some(FileCategory::Image) => "image",
        Some(FileCategory::Audio) => "audio",
        Some(FileCategory::Video) => "video",
        Some(FileCategory::File) => "document",
    }
}

/// Returns a message in the service's format.
pub fn row(organization: &str, message: &Message) -> Value {
    let draft = &message.draft;
    let id = id_of(message);
    let file = draft.attachments.first();
    let files: Vec<_> = draft
        .attachments
        .iter()
        .map(|file| {
            json!({
                "conversation_file_id": file.file_id.to_string(),
                "file_name": file.name,
                "file_type": file.content_type,
                "file_size": file.size.bytes(),
                "file_category": file.content_type.category(),
            })
        })
        .collect();
    json!({
        "_id": id,
        "id": id,
        "message_id": message.id.to_string(),
        "external_id": draft.external_id,
        "organization_id": organization,
        "conversation_id": message.conversation_id.to_string(),
        "channel": channel::name(message.channel()),
        "direction": if draft.role == Role::User { "inbound" } else { "outbound" },
        "role": draft.role,
        "sender_name": draft.sender.as_ref().and_then(|sender| sender.name.clone()),
        "message_type": type_of(message),
        "message_text": draft.body.as_ref().map(ToString::to_string).unwrap_or_default(),
        "template": draft.content.as_ref().filter(|_| type_of(message) == "template").and_then(|content| {
            serde_json::from_str::<Value>(content.json()).ok().map(|mut content| content["template"].take())
        }),
        "status": message.delivery_status(),
        "conversation_file_id": file.map(|file| file.file_id.to_string()),
        "file_name": file.map(|file| &file.name),
        "file_type": file.map(|file| &file.content_type),
        "file_size": file.map(|file| file.size.bytes()),
        "files": files,
        "created_at": message.created_at().to_string(),
        "updated_at": message.created_at().to_string(),
    })
}
