//! Items of a request, and the messages that hold them.
//!
//! An item is the `content` of a message, whole. Messages of users and assistants are replies, whose text is the `body`. Everything else
//! is an internal note, so that it neither reopens the conversation nor counts as unread nor becomes its preview: prompts of the system,
//! reasoning, tool calls and their outputs.

use std::collections::HashSet;

use deskless_api::{InvalidRequest, Json, JsonObject};
use deskless_domain::{BodyLimit, ExternalId, MessageBody, MessageContent, MessageDraft, MessageType, Metadata, Role};

use super::invalid;

/// The most items of a request.
const MAX_ITEMS: usize = 20;
/// The most characters of a caller's own id of an item.
const MAX_ID: usize = 64;

const ROLES: [&str; 8] = ["unknown", "user", "assistant", "system", "critic", "discriminator", "developer", "tool"];

/// The types whose items always have a status, which is `completed` unless the caller says otherwise.
const WITH_STATUS: [&str; 4] = ["message", "function_call", "function_call_output", "computer_call_output"];

/// Returns the messages for the items of a body; `None` if it has no `items`.
pub fn take(body: &mut JsonObject) -> Result<Option<Vec<MessageDraft>>, InvalidRequest> {
    let items = match body.shift_remove("items") {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Array(items)) => items,
        Some(other) => return Err(invalid::wrong_type("items", "an array of objects", &other)),
    };
    if items.len() > MAX_ITEMS {
        return Err(invalid::long_array("items", MAX_ITEMS, items.len()));
    }
    let drafts: Vec<_> =
        items.into_iter().enumerate().map(|(i, item)| draft(&format!("items[{i}]"), item)).collect::<Result<_, _>>()?;
    let mut ids = HashSet::new();
    for (i, id) in drafts.iter().enumerate().filter_map(|(i, draft)| Some((i, draft.external_id.as_ref()?))) {
        if !ids.insert(id.as_str()) {
            return Err(invalid::duplicate(&format!("items[{i}].id"), id.as_str()));
        }
    }
    Ok(Some(drafts))
}

/// Returns the message for an item, whose place in the request is `param`.
fn draft(param: &str, item: Json) -> Result<MessageDraft, InvalidRequest> {
    let Json::Object(mut object) = item else { return Err(invalid::wrong_type(param, "an object", &item)) };
    let kind = kind(param, &mut object)?;
    let id = own_id(param, &mut object)?;
    require(param, &kind, &object)?;
    let (role, is_reply, text) =
        if kind == "message" { message(param, &mut object)? } else { (author(&kind), false, None) };
    let mut whole = JsonObject::from_iter([("type".to_owned(), Json::String(kind.clone()))]);
    if let Some(id) = &id {
        whole.insert("id".to_owned(), Json::String(id.as_str().to_owned()));
    }
    if WITH_STATUS.contains(&kind.as_str()) && object.get("status").is_none_or(|status| *status == Json::Null) {
        object.shift_remove("status");
        whole.insert("status".to_owned(), Json::String("completed".to_owned()));
    }
    whole.extend(object);
    let json = Json::Object(whole).to_string();
    let size = json.len();
    let content =
        MessageContent::from_json(json).map_err(|_| invalid::large(param, MessageContent::MAX_BYTES, size))?;
    Ok(MessageDraft {
        role,
        kind: if is_reply { MessageType::Reply } else { MessageType::Note },
        body: text,
        content: Some(content),
        sender: None,
        external_id: id,
        attachments: Vec::new(),
        metadata: Metadata::default(),
    })
}

/// Takes the type. An item with a role and without a type is a message.
fn kind(param: &str, object: &mut JsonObject) -> Result<String, InvalidRequest> {
    let param = format!("{param}.type");
    match object.shift_remove("type") {
        Some(Json::String(kind)) if kind == "item_reference" => {
            let reason = "'item_reference' is not supported. Send the item itself.";
            Err(invalid::value(&param, reason))
        }
        Some(Json::String(kind)) if !kind.is_empty() && kind.len() <= MAX_ID => Ok(kind),
        Some(Json::String(_)) => Err(invalid::value(&param, "Expected a string with 1 to 64 characters.")),
        None | Some(Json::Null) if object.contains_key("role") => Ok("message".to_owned()),
        None | Some(Json::Null) => Err(invalid::missing(&param)),
        Some(other) => Err(invalid::wrong_type(&param, "a string", &other)),
    }
}

/// Takes the caller's own id of the item.
fn own_id(param: &str, object: &mut JsonObject) -> Result<Option<ExternalId>, InvalidRequest> {
    let param = format!("{param}.id");
    match object.shift_remove("id") {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(id)) if id.chars().count() > MAX_ID => {
            Err(invalid::long_string(&param, MAX_ID, id.chars().count()))
        }
        // A path has one segment for the id.
        Some(Json::String(id)) if id.contains(['/', '?', '#', '%']) || id == "." || id == ".." => {
            Err(invalid::value(&param, "Expected an ID with letters, digits, underscores and dashes."))
        }
        Some(Json::String(id)) => {
            ExternalId::parse(id).map(Some).map_err(|error| invalid::value(&param, &format!("it {}.", error.message)))
        }
        Some(other) => Err(invalid::wrong_type(&param, "a string", &other)),
    }
}

/// Checks the members without which an item of a type means nothing. Items of other types are kept as they are.
fn require(param: &str, kind: &str, object: &JsonObject) -> Result<(), InvalidRequest> {
    let required: &[&str] = match kind {
        "message" => &["role", "content"],
        "function_call" => &["call_id", "name", "arguments"],
        "function_call_output" | "custom_tool_call_output" => &["call_id", "output"],
        "custom_tool_call" => &["call_id", "name", "input"],
        _ => &[],
    };
    let missing = required.iter().find(|name| object.get(**name).is_none_or(|value| *value == Json::Null));
    missing.map_or(Ok(()), |name| Err(invalid::missing(&format!("{param}.{name}"))))
}

/// Returns who writes items of a type other than `message`.
fn author(kind: &str) -> Role {
    if kind.ends_with("_output") || kind == "mcp_approval_response" { Role::System } else { Role::Assistant }
}

/// Returns the role of a message, whether the customer sees it, and its text. Turns a text into a content part.
fn message(param: &str, object: &mut JsonObject) -> Result<(Role, bool, Option<MessageBody>), InvalidRequest> {
    let role = match object.get("role") {
        Some(Json::String(role)) if ROLES.contains(&role.as_str()) => role.clone(),
        Some(Json::String(role)) => return Err(invalid::unsupported(&format!("{param}.role"), role, &ROLES)),
        Some(other) => return Err(invalid::wrong_type(&format!("{param}.role"), "a string", other)),
        None => return Err(invalid::missing(&format!("{param}.role"))),
    };
    let param = format!("{param}.content");
    let parts = match object.get_mut("content") {
        Some(Json::Array(parts)) => parts,
        Some(content @ Json::String(_)) => {
            let text = std::mem::replace(content, Json::Array(Vec::new()));
            let Json::Array(parts) = content else { return Err(invalid::missing(&param)) };
            parts.push(text_part(role == "assistant", text));
            parts
        }
        Some(other) => return Err(invalid::wrong_type(&param, "a string or an array of objects", other)),
        None => return Err(invalid::missing(&param)),
    };
    let mut texts = Vec::new();
    for (i, part) in parts.iter().enumerate() {
        let param = format!("{param}[{i}]");
        let Json::Object(part) = part else { return Err(invalid::wrong_type(&param, "an object", part)) };
        match part.get("type") {
            Some(Json::String(_)) => {}
            Some(other) => return Err(invalid::wrong_type(&format!("{param}.type"), "a string", other)),
            None => return Err(invalid::missing(&format!("{param}.type"))),
        }
        texts.extend(["text", "refusal"].iter().filter_map(|name| part.get(*name)?.as_str()));
    }
    let text = texts.join("\n");
    if text.len() > MessageBody::MAX_BYTES {
        return Err(invalid::large(&param, MessageBody::MAX_BYTES, text.len()));
    }
    let (role, is_reply) = match role.as_str() {
        "user" => (Role::User, true),
        "assistant" => (Role::Assistant, true),
        _ => (Role::System, false),
    };
    Ok((role, is_reply, body(text)))
}

/// Returns a content part with a text.
fn text_part(is_output: bool, text: Json) -> Json {
    let kind = if is_output { "output_text" } else { "input_text" };
    let mut part = JsonObject::from_iter([("type", Json::String(kind.to_owned())), ("text", text)].map(named));
    if is_output {
        part.extend([("annotations", Json::Array(Vec::new())), ("logprobs", Json::Array(Vec::new()))].map(named));
    }
    Json::Object(part)
}

fn named((name, value): (&str, Json)) -> (String, Json) {
    (name.to_owned(), value)
}

/// Returns the text as people read it. A body has no control characters, and shows something. The item keeps the whole text.
fn body(text: String) -> Option<MessageBody> {
    let is_allowed = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let parse = |text| MessageBody::parse_within(text, BodyLimit::MAX).ok();
    let clean: String = text.chars().filter(is_allowed).collect();
    parse(text).or_else(|| parse(clean))
}
