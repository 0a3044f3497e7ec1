//! The dialect `bancroft`: tickets whose requesters are found by email.
//!
//! The service's paths end with a slash. Both forms work.

mod create;
mod dto;
mod error;
mod get;
mod list;
mod messages;
mod resolve;
mod values;

use deskless_api::dialect::{Dialect, Operations};
use http::Method;

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "bancroft", key_header: None, error: error::format, operations };

fn operations() -> Operations {
    Operations::default()
        .on(Method::GET, "/api/v1/conversations/", list::list_conversations)
        .on(Method::GET, "/api/v1/conversations", list::list_conversations)
        .on(Method::POST, "/api/v1/conversations/create/", create::create_conversation)
        .on(Method::POST, "/api/v1/conversations/create", create::create_conversation)
        .on(Method::GET, "/api/v1/conversations/{id}/", get::get_conversation)
        .on(Method::GET, "/api/v1/conversations/{id}", get::get_conversation)
        .on(Method::GET, "/api/v1/conversations/{id}/messages/", messages::list::list_messages)
        .on(Method::GET, "/api/v1/conversations/{id}/messages", messages::list::list_messages)
        .on(Method::POST, "/api/v1/conversations/{id}/messages/create/", messages::create::create_message)
        .on(Method::POST, "/api/v1/conversations/{id}/messages/create", messages::create::create_message)
        .on(Method::POST, "/api/v1/conversations/{id}/resolve/", resolve::resolve_conversation)
        .on(Method::POST, "/api/v1/conversations/{id}/resolve", resolve::resolve_conversation)
}
