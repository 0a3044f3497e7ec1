//! The wire format of conversations.

use deskless_app::Directory;
use deskless_domain::{Conversation, Status};
use serde_json::{Map, Value, json};

use super::metadata;
use crate::apex::{
    channel,
    organization::ORGANIZATION,
    query::{Field, Kind, Service},
};

/// The parameter that asks for conversations whose newest message is the contact's.
pub const WAITING: &str = "waitingResponseOnly";
/// The parameter that searches contacts and subjects.
pub const SEARCH: &str = "searchTerm";
/// The parameter that searches messages.
pub const MESSAGE_SEARCH: &str = "messageSearchTerm";
/// The parameter that names a saved view.
pub const VIEW: &str = "view_id";

/// The fields by which conversations can be filtered.
const FIELDS: &[Field] = &[
    Field::new(ORGANIZATION, Kind::Text),
    Field::new("id", Kind::Id),
    Field::new("status", Kind::Word(&["open", "closed"])),
    Field::new("channel", Kind::Word(channel::NAMES)),
    Field::new("assigned_user_id", Kind::Id),
    Field::new("assigned_ai_assistant_id", Kind::Id),
    Field::new("pipeline_id", Kind::Id),
    Field::new("pipeline_stage_id", Kind::Id),
    Field { name: "tag_id", column: "tags", kind: Kind::Text },
    Field::new("contact_id", Kind::Text),
    Field::new("unread_count", Kind::Number),
    Field::new("created_at", Kind::Time),
    Field::new("updated_at", Kind::Time),
    Field::new("last_message_at", Kind::Time),
    Field::new("blocked", Kind::Flag),
    Field::new("ai_auto_assignment_disabled", Kind::Flag),
    Field::new(VIEW, Kind::Id),
    Field::new(WAITING, Kind::Flag),
    Field::new(SEARCH, Kind::Text),
    Field::new(MESSAGE_SEARCH, Kind::Text),
];

/// The service.
pub static SERVICE: Service = Service { fields: FIELDS, columns: COLUMNS };

/// The fields of a row.
const COLUMNS: &[&str] = &[
    "id",
    "organization_id",
    "channel",
    "status",
    "subject",
    "contact_id",
    "contact",
    "assigned_user_id",
    "assigned_user",
    "assigned_ai_assistant_id",
    "assigned_ai_assistant",
    "pipeline_id",
    "pipeline",
    "pipeline_stage_id",
    "pipeline_stage",
    "tags",
    "unread_count",
    "message_count",
    "waiting_response",
    "last_message",
    "last_message_at",
    "ai_context_cut",
    "ai_auto_assignment_disabled",
    "ai_auto_assignment_disabled_reason",
    "blocked",
    "closed_at",
    "created_at",
    "updated_at",
];

/// Returns a conversation in the service's format.
pub fn row(organization: &str, conversation: &Conversation, names: &Directory) -> Value {
    let Conversation { placement, customer, .. } = conversation;
    let own: Map<String, Value> = metadata::read(&conversation.metadata);
    let own = |name: &str| own.get(name).cloned();
    let text = |value: Option<String>| value.map_or(Value::Null, Value::String);
    let with_name =
        |id: Option<String>, name: Option<&str>| id.map_or(Value::Null, |id| json!({ "id": id, "name": name }));
    let assigned = placement.assignee_id.map(|id| id.to_string());
    let assigned_name = placement.assignee_id.and_then(|id| names.member(id)).map(|entry| entry.name.as_str());
    let assistant = placement.assistant_id.map(|id| id.to_string());
    let assistant_name = placement.assistant_id.and_then(|id| names.assistant(id)).map(|entry| entry.name.as_str());
    let pipeline = placement.pipeline_id.map(|id| id.to_string());
    let pipeline_name = placement.pipeline_id.and_then(|id| names.pipeline(id)).map(|entry| entry.name.as_str());
    let stage = placement.stage_id.map(|id| id.to_string());
    let stage_name = placement.stage_id.and_then(|id| names.stage(id)).map(|(_, entry)| entry.name.as_str());
    json!({
        "id": conversation.id.to_string(),
        "organization_id": organization,
        "channel": channel::name(conversation.channel()),
        "status": if conversation.status == Status::Solved { "closed" } else { "open" },
        "subject": conversation.subject.as_str(),
        "contact_id": customer.id.to_string(),
        "contact": {
            "id": customer.id.to_string(),
            "name": customer.details.name,
            "email": customer.details.email,
            "phone": customer.details.phone,
        },
        "assigned_user_id": assigned.clone(),
        "assigned_user": with_name(assigned, assigned_name),
        "assigned_ai_assistant_id": assistant.clone(),
        "assigned_ai_assistant": with_name(assistant, assistant_name),
        "pipeline_id": pipeline.clone(),
        "pipeline": with_name(pipeline, pipeline_name),
        "pipeline_stage_id": stage.clone(),
        "pipeline_stage": with_name(stage, stage_name),
        "tags": conversation.tags.as_slice().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "unread_count": conversation.unread_count,
        "message_count": conversation.message_count,
        "waiting_response": conversation.awaiting_reply,
        "last_message": conversation.preview(),
        "last_message_at": conversation.last_message_at().to_string(),
        "ai_context_cut": own("ai_context_cut"),
        "ai_auto_assignment_disabled": own("ai_auto_assignment_disabled").unwrap_or(Value::Bool(false)),
        "ai_auto_assignment_disabled_reason": own("ai_auto_assignment_disabled_reason"),
        "blocked": own("blocked").unwrap_or(Value::Bool(false)),
        "closed_at": text(conversation.closed_at.map(|time| time.to_string())),
        "created_at": conversation.created_at().to_string(),
        "updated_at": conversation.updated_at.to_string(),
    })
}
