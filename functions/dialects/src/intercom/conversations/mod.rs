//! Conversations and their parts.

mod create;
mod delete;
mod get;
pub mod list;
mod manage;
mod redact;
mod reply;
mod tags;
mod update;

pub use create::create_conversation;
pub use delete::delete_conversation;
pub use get::get_conversation;
pub use list::list_conversations;
pub use manage::manage_conversation;
pub use redact::redact_conversation;
pub use reply::reply_to_conversation;
pub use tags::{tag_conversation, untag_conversation};
pub use update::update_conversation;

use deskless_api::{Problem, Reply, dialect::respond};
use deskless_app::{
    TenantStore,
    conversations::{self, ConversationView},
    messages::{self, BodySource, NewMessage, Thread},
};
use deskless_domain::{BodyLimit, ConversationId, MessageBody, MessageType, Metadata, Order, Role, Sender};
use http::StatusCode;
use serde_json::Value;

use super::{
    attributes::Attributes,
    html,
    search::Context,
    shape::{
        conversation::{Shown, is_source},
        part::BodyFormat,
    },
    values::{TagIds, invalid},
};
use crate::numbers::with_rest;

/// The most parts that the service returns: the most recent ones.
const MAX_PARTS: usize = 500;

fn context(store: &TenantStore) -> Context {
    Context { now: store.clock().now(), tags: TagIds::new(store.workspace_id()) }
}

/// Parses the parameter `display_as`.
fn format_of(display_as: Option<&str>) -> Result<BodyFormat, Problem> {
    match display_as {
        None | Some("html") => Ok(BodyFormat::Html),
        Some("plaintext") => Ok(BodyFormat::Text),
        Some(_) => Err(invalid("display_as", "must be plaintext, or left out for HTML")),
    }
}

/// Responds with a conversation and its parts as they are now. `X-Has-More: true` says that some parts are missing.
async fn reply_with(store: &TenantStore, id: ConversationId, format: BodyFormat) -> Reply {
    // One more for the first message, which is not a part.
    let thread = Thread { conversation: id, order: Order::Desc, after: None, limit: MAX_PARTS + 1 };
    let (ConversationView { conversation, names }, page) = conversations::get_with_messages(store, thread).await?;
    let mut parts = page.messages;
    parts.reverse();
    let first = if page.has_more {
        messages::first_of(store, [id]).await?.remove(&id)
    } else if parts.first().is_some_and(is_source) {
        Some(parts.remove(0))
    } else {
        parts.first().cloned()
    };
    let excess = parts.len().saturating_sub(MAX_PARTS);
    parts.drain(..excess);
    let others = conversation.message_count.saturating_sub(parts.len() as u64);
    let is_complete = !page.has_more || others == u64::from(first.as_ref().is_some_and(is_source));
    let assistant = conversation.placement.assistant_id.and_then(|id| names.assistant(id));
    let shown = Shown {
        conversation: &conversation,
        assistant: assistant.map(|assistant| assistant.name.as_str()),
        first: first.as_ref(),
        format,
    };
    with_rest(is_complete, respond(StatusCode::OK, &shown.with_parts(&parts, &context(store))))
}

/// Parses the body of a message.
fn parse_body(text: String) -> Result<MessageBody, Problem> {
    MessageBody::parse_within(text, BodyLimit::MAX).map_err(|error| invalid("body", error.message))
}

/// Parses a body that may be HTML.
fn parse_html(body: &str) -> Result<MessageBody, Problem> {
    parse_body(html::to_text(body))
}

/// Returns a new message. `kind_of_part` is the type of its part, if it is not `comment` or `note`.
fn message(
    (role, kind): (Role, MessageType),
    body: MessageBody,
    sender: Option<Sender>,
    kind_of_part: &[(&str, Value)],
) -> Result<NewMessage, Problem> {
    let mut attributes = Attributes::default();
    for (name, value) in kind_of_part {
        attributes.set(name, value.clone());
    }
    let metadata = if kind_of_part.is_empty() { Metadata::default() } else { attributes.metadata()? };
    Ok(NewMessage {
        role,
        kind,
        body: BodySource::Text(body),
        body_limit: BodyLimit::MAX,
        content: None,
        sender,
        external_id: None,
        attachments: Vec::new(),
        metadata,
    })
}
