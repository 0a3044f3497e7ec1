//! The dialect `chatwoot`: the application API of Chatwoot, and the public endpoints of its API channel.

mod agents;
mod attributes;
mod blank;
mod contacts;
mod conversations;
mod dto;
mod error;
mod filter;
mod find;
mod form;
mod id;
mod inboxes;
mod messages;
mod path;
mod public;
mod query;
mod status;
mod version;

use deskless_api::dialect::{Dialect, Operations};
use http::Method;

/// The dialect.
pub const DIALECT: Dialect =
    Dialect { name: "chatwoot", key_header: Some("api_access_token"), error: error::format, operations };

/// Joins the parts of a path. A macro, because paths are constants.
macro_rules! account {
    ($path:literal) => {
        concat!("/api/v1/accounts/{account_id}", $path)
    };
}

macro_rules! inbox {
    ($path:literal) => {
        concat!("/public/api/v1/inboxes/{inbox_identifier}", $path)
    };
}

fn operations() -> Operations {
    public_operations(conversation_operations(contact_operations(Operations::default())))
        .on_public(Method::GET, "/api", version::version)
        .on(Method::GET, account!("/inboxes"), inboxes::list)
        .on(Method::GET, account!("/inboxes/{inbox_id}"), inboxes::show)
        .on(Method::GET, account!("/inboxes/{inbox_id}/"), inboxes::show)
        .on(Method::GET, account!("/agents"), agents::list)
        .on(Method::GET, account!("/teams"), agents::list_teams)
}

fn contact_operations(operations: Operations) -> Operations {
    operations
        .on(Method::GET, account!("/contacts"), contacts::list)
        .on(Method::POST, account!("/contacts"), contacts::create)
        .on(Method::GET, account!("/contacts/search"), contacts::search)
        .on(Method::POST, account!("/contacts/filter"), contacts::filter)
        .on(Method::GET, account!("/contacts/{contact_id}"), contacts::show)
        .on(Method::PUT, account!("/contacts/{contact_id}"), contacts::update)
        .on(Method::PATCH, account!("/contacts/{contact_id}"), contacts::update)
        .on(Method::DELETE, account!("/contacts/{contact_id}"), contacts::delete)
        .on(Method::GET, account!("/contacts/{contact_id}/conversations"), contacts::conversations)
        .on(Method::GET, account!("/contacts/{contact_id}/contactable_inboxes"), contacts::contactable_inboxes)
        .on(Method::POST, account!("/contacts/{contact_id}/contact_inboxes"), contacts::contact_inboxes)
}

fn conversation_operations(operations: Operations) -> Operations {
    operations
        .on(Method::GET, account!("/conversations"), conversations::list)
        .on(Method::POST, account!("/conversations"), conversations::create)
        .on(Method::GET, account!("/conversations/meta"), conversations::meta)
        .on(Method::POST, account!("/conversations/filter"), conversations::filter)
        .on(Method::GET, account!("/conversations/{conversation_id}"), conversations::show)
        .on(Method::PATCH, account!("/conversations/{conversation_id}"), conversations::update)
        .on(Method::DELETE, account!("/conversations/{conversation_id}"), conversations::delete)
        .on(Method::POST, account!("/conversations/{conversation_id}/toggle_status"), conversations::toggle_status)
        .on(Method::POST, account!("/conversations/{conversation_id}/toggle_priority"), conversations::toggle_priority)
        .on(Method::POST, account!("/conversations/{conversation_id}/assignments"), conversations::assign)
        .on(Method::GET, account!("/conversations/{conversation_id}/labels"), conversations::list_labels)
        .on(Method::POST, account!("/conversations/{conversation_id}/labels"), conversations::add_labels)
        .on(
            Method::POST,
            account!("/conversations/{conversation_id}/custom_attributes"),
            conversations::custom_attributes,
        )
        .on(Method::GET, account!("/conversations/{conversation_id}/messages"), messages::list)
        .on(Method::POST, account!("/conversations/{conversation_id}/messages"), messages::create)
        .on(Method::DELETE, account!("/conversations/{conversation_id}/messages/{message_id}"), messages::delete)
}

fn public_operations(operations: Operations) -> Operations {
    operations
        .on(Method::POST, inbox!("/contacts"), public::create_contact)
        .on(Method::GET, inbox!("/contacts/{contact_identifier}"), public::show_contact)
        .on(Method::PATCH, inbox!("/contacts/{contact_identifier}"), public::update_contact)
        .on(Method::GET, inbox!("/contacts/{contact_identifier}/conversations"), public::list_conversations)
        .on(Method::POST, inbox!("/contacts/{contact_identifier}/conversations"), public::create_conversation)
        .on(
            Method::GET,
            inbox!("/contacts/{contact_identifier}/conversations/{conversation_id}/messages"),
            public::list_messages,
        )
        .on(
            Method::POST,
            inbox!("/contacts/{contact_identifier}/conversations/{conversation_id}/messages"),
            public::create_message,
        )
}
