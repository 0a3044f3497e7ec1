//! The objects of events, as the API shows them.

use deskless_app::{
    Directory,
    events::{ChangedField, EventData, Rendered},
};
use deskless_domain::ConversationField;
use serde::Serialize;
use serde_json::{Value, json};

use super::{BulkActionObject, ConversationObject, CustomerObject, ExecutionObject, FileObject, MessageObject};

/// Renders the object of an event, and the names of its changed fields.
#[must_use]
pub fn render_event(data: &EventData, changed: &[ChangedField], names: &Directory) -> Rendered {
    let (object, omitted): (Value, &[&str]) = match data {
        EventData::Conversation { conversation, has_metadata } => {
            let omitted: &[_] = if *has_metadata { &[] } else { &["metadata"] };
            (object(&ConversationObject::new(conversation, names)), omitted)
        }
        EventData::DeletedConversation(id) => (json!({ "object": "conversation", "id": id }), &[]),
        EventData::Message(message) => {
            // The text of a long message is its beginning.
            let omitted: &[_] = if message.is_long { &["body", "content"] } else { &[] };
            (object(&MessageObject::from(&message.message)), omitted)
        }
        EventData::DeletedMessage(conversation, id) => {
            (json!({ "object": "message", "id": id, "conversationId": conversation }), &[])
        }
        EventData::GoneMessage(conversation, id) => {
            (json!({ "object": "message", "id": id, "conversationId": conversation }), GONE)
        }
        EventData::Customer(record) => (object(&CustomerObject::from(&**record)), &[]),
        EventData::ErasedCustomer(key) => (json!({ "object": "customer", "idDigest": key.hex() }), &[]),
        EventData::BulkAction(action) => (object(&BulkActionObject::from(&**action)), &[]),
        // The context can name people, and an execution can end after they were erased.
        EventData::Execution(execution) => (object(&ExecutionObject::from(&**execution)), &["context"]),
        // A download URL would expire before anybody reads it.
        EventData::File(file) => (object(&FileObject::new(file, None)), &["downloadUrl", "downloadUrlExpiresAt"]),
    };
    let mut object = object;
    for name in omitted.iter().filter(|name| **name != "body") {
        if let Some(fields) = object.as_object_mut() {
            let _ = fields.remove(*name);
        }
    }
    Rendered {
        json: object.to_string(),
        omitted: omitted.iter().map(|name| (*name).to_owned()).collect(),
        changed: changed.iter().map(|field| name(*field).to_owned()).collect(),
    }
}

/// The fields that the event of a message's creation lacks if the message was deleted meanwhile.
const GONE: &[&str] = &[
    "role",
    "type",
    "body",
    "content",
    "sender",
    "channel",
    "deliveryStatus",
    "externalId",
    "attachments",
    "metadata",
    "createdAt",
];

fn object(object: &impl Serialize) -> Value {
    serde_json::to_value(object).unwrap_or_default()
}

fn name(field: ChangedField) -> &'static str {
    match field {
        ChangedField::Conversation(field) => match field {
            ConversationField::Status => "status",
            ConversationField::Resolution => "resolution",
            ConversationField::Escalated => "escalated",
            ConversationField::Priority => "priority",
            ConversationField::Subject => "subject",
            ConversationField::Tags => "tags",
            ConversationField::Metadata => "metadata",
            ConversationField::SnoozedUntil => "snoozedUntil",
            ConversationField::Inbox => "inboxId",
            ConversationField::Assignee => "assigneeId",
            ConversationField::Assistant => "assistantId",
            ConversationField::Pipeline => "pipelineId",
            ConversationField::Stage => "stageId",
        },
        ChangedField::UnreadCount => "unreadCount",
        ChangedField::Customer => "customer",
        ChangedField::DeliveryStatus => "deliveryStatus",
        ChangedField::ExternalId => "externalId",
        ChangedField::Name => "name",
        ChangedField::Email => "email",
        ChangedField::Phone => "phone",
        ChangedField::Company => "company",
        ChangedField::Metadata => "metadata",
    }
}
