//! The objects of responses.

use std::collections::BTreeMap;

use deskless_api::Problem;
use deskless_domain::{Attachment, Conversation, Message, Role};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};

use super::{id, metadata::Pairs};

/// An item with its id.
#[derive(Debug)]
pub struct Item {
    /// The id: the caller's own one, or one of ours.
    pub id: String,
    /// The whole item.
    pub json: Box<RawValue>,
}

/// What tells whether a message's content is an item.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: Option<Value>,
    #[serde(default, borrow)]
    content: Option<&'a RawValue>,
}

/// A list of items.
#[derive(Debug, Serialize)]
pub struct List {
    object: &'static str,
    data: Vec<Box<RawValue>>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

impl List {
    /// Returns a list. `end` is the position after an empty page that is not the last one.
    pub fn new(items: Vec<Item>, has_more: bool, end: Option<String>) -> Self {
        let first_id = items.first().map(|item| item.id.clone());
        let last_id = items.last().map(|item| item.id.clone()).or(end.filter(|_| has_more));
        let data = items.into_iter().map(|item| item.json).collect();
        Self { object: "list", data, first_id, last_id, has_more }
    }
}

/// Returns a conversation.
pub fn conversation(conversation: &Conversation) -> Value {
    json!({
        "id": id::of_conversation(conversation.id),
        "object": "conversation",
        "created_at": conversation.created_at().as_seconds(),
        "metadata": Pairs::of(&conversation.metadata).object(),
    })
}

/// Returns the item of a message: its structured content, if that is an item, or its text. A note that is not an item is internal, and
/// has none.
pub fn item(message: &Message) -> Result<Option<Item>, Problem> {
    let content = message.draft.content.as_ref().map(deskless_domain::MessageContent::json);
    let head = content.and_then(|json| serde_json::from_str::<Head<'_>>(json).ok().map(|head| (json, head)));
    match head.filter(|(_, head)| is_item(head)) {
        Some((json, head)) => of_content(message, json, &head).map(Some),
        None if message.draft.is_reply() => of_text(message).map(Some),
        None => Ok(None),
    }
}

fn is_item(head: &Head<'_>) -> bool {
    !head.kind.is_empty()
        && (head.kind != "message" || head.content.is_some_and(|content| content.get().starts_with('[')))
}

fn of_content(message: &Message, json: &str, head: &Head<'_>) -> Result<Item, Problem> {
    let own = message.draft.external_id.as_ref().map(deskless_domain::ExternalId::as_str);
    let given = head.id.as_ref().and_then(Value::as_str);
    if let Some(id) = own.filter(|own| given == Some(own)) {
        return Ok(Item { id: id.to_owned(), json: raw(json.to_owned())? });
    }
    let id = id::of_item(&head.kind, message.id);
    let json = if head.id.is_none() {
        format!("{{\"id\":\"{id}\",{}", json.get(1..).unwrap_or_default())
    } else {
        // The content of a message that our own API created can have an id that finds nothing.
        let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(json).map_err(unreadable)?;
        members.insert("id".to_owned(), raw(format!("\"{id}\""))?);
        serde_json::to_string(&members).map_err(unreadable)?
    };
    Ok(Item { id, json: raw(json)? })
}

/// Returns the item of a message that a person or another API wrote.
fn of_text(message: &Message) -> Result<Item, Problem> {
    let id = id::of_item("message", message.id);
    let (role, kind) = match message.draft.role {
        Role::User => ("user", "input_text"),
        Role::Assistant => ("assistant", "output_text"),
        Role::System => ("system", "input_text"),
    };
    let body = message.draft.body.as_ref().map(ToString::to_string);
    let files = message
        .draft
        .attachments
        .iter()
        .map(|Attachment { name, content_type, .. }| format!("Attachment: {name} ({content_type})"));
    let part = |text: String| match role {
        "assistant" => json!({ "type": kind, "text": text, "annotations": [], "logprobs": [] }),
        _ => json!({ "type": kind, "text": text }),
    };
    let content: Vec<Value> = body.into_iter().chain(files).map(part).collect();
    let item = json!({ "id": id, "type": "message", "status": "completed", "role": role, "content": content });
    Ok(Item { id, json: raw(item.to_string())? })
}

fn raw(json: String) -> Result<Box<RawValue>, Problem> {
    RawValue::from_string(json).map_err(unreadable)
}

#[expect(clippy::needless_pass_by_value, reason = "map_err passes it by value")]
fn unreadable(error: serde_json::Error) -> Problem {
    Problem::internal(format!("the content of a message is not an item: {error}"))
}
