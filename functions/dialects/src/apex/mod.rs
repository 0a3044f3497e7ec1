//! The dialect `apex`: services in the style of Feathers, with fields in snake case.

mod bulk;
mod channel;
mod conversations;
mod error;
mod executions;
mod files;
mod messages;
mod organization;
mod predefined;
mod query;

use axum::extract::RawQuery;
use deskless_api::{
    Caller, Idempotent, IfMatch,
    dialect::{Dialect, Operations},
    scope::{ReadConversations, WriteConversations},
};
use deskless_domain::Channel;
use http::Method;

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "apex", key_header: None, error: error::format, operations };

/// The channels, with the paths of their services: of all messages, of one, and of sending.
const SERVICES: [(Channel, &str, &str, &str); 6] = [
    (
        Channel::WhatsApp,
        "/conversation-messages-whatsapp",
        "/conversation-messages-whatsapp/{id}",
        "/conversation-messages-transform-outgoing-whatsapp",
    ),
    (
        Channel::Instagram,
        "/conversation-messages-instagram",
        "/conversation-messages-instagram/{id}",
        "/conversation-messages-transform-outgoing-instagram",
    ),
    (
        Channel::Messenger,
        "/conversation-messages-messenger",
        "/conversation-messages-messenger/{id}",
        "/conversation-messages-transform-outgoing-messenger",
    ),
    (
        Channel::LiveChat,
        "/conversation-messages-webchat",
        "/conversation-messages-webchat/{id}",
        "/conversation-messages-transform-outgoing-webchat",
    ),
    (Channel::Sms, "/conversation-messages-sms", "/conversation-messages-sms/{id}", "/conversation-messages-sms"),
    (
        Channel::Playground,
        "/conversation-messages-playground",
        "/conversation-messages-playground/{id}",
        "/conversation-messages-playground",
    ),
];

fn operations() -> Operations {
    let operations = Operations::default()
        .on(Method::GET, "/conversations", conversations::find)
        .on(Method::GET, "/conversations/{id}", conversations::get)
        .on(Method::PATCH, "/conversations/{id}", conversations::patch)
        .on(Method::DELETE, "/conversations/{id}", conversations::remove)
        .on(Method::POST, "/conversations-bulk-actions", bulk::create)
        .on(Method::POST, "/conversation-files", files::create)
        .on(Method::POST, "/s3-url-signing", files::sign)
        .on(Method::GET, "/conversation-predefined-messages", predefined::find)
        .on(Method::GET, "/conversation-predefined-messages/{id}", predefined::get)
        .on(Method::POST, "/conversation-predefined-messages", predefined::create)
        .on(Method::PATCH, "/conversation-predefined-messages/{id}", predefined::patch)
        .on(Method::DELETE, "/conversation-predefined-messages/{id}", predefined::remove)
        .on(Method::POST, "/automations-executions", executions::create);
    SERVICES.into_iter().fold(operations, with_messages)
}

/// Adds the operations of a channel's message services.
fn with_messages(operations: Operations, service: (Channel, &'static str, &'static str, &'static str)) -> Operations {
    let (channel, all, one, send) = service;
    operations
        .on(Method::GET, all, move |caller: Caller<ReadConversations>, query: RawQuery| {
            messages::find(channel, caller, query)
        })
        .on(Method::GET, one, move |caller: Caller<ReadConversations>, id: messages::PathId, query: RawQuery| {
            messages::get(channel, caller, id, query)
        })
        .on(
            Method::DELETE,
            one,
            move |caller: Caller<WriteConversations>, id: messages::PathId, query: RawQuery, precondition: IfMatch| {
                messages::remove(channel, caller, id, query, precondition)
            },
        )
        .on(
            Method::POST,
            send,
            move |caller: Caller<WriteConversations>, query: RawQuery, request: Idempotent<messages::CreateMessage>| {
                messages::create(channel, caller, query, request)
            },
        )
}
