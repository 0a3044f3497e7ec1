//! The dialect `gtateth`: an inbox whose responses are wrapped in `success` and `data`.
//!
//! The paths work with and without `/api/v1`.

mod create;
mod delete;
mod dto;
mod error;
mod get;
mod health;
mod list;
mod update;
mod values;

use deskless_api::dialect::{Dialect, Operations};
use http::Method;

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "gtateth", key_header: None, error: error::format, operations };

fn operations() -> Operations {
    Operations::default()
        .on_public(Method::GET, "/health", health::get_health)
        .on_public(Method::GET, "/api/v1/health", health::get_health)
        .on(Method::GET, "/conversations", list::list_conversations)
        .on(Method::GET, "/api/v1/conversations", list::list_conversations)
        .on(Method::POST, "/conversations", create::create_conversation)
        .on(Method::POST, "/api/v1/conversations", create::create_conversation)
        .on(Method::GET, "/conversations/{id}", get::get_conversation)
        .on(Method::GET, "/api/v1/conversations/{id}", get::get_conversation)
        .on(Method::PUT, "/conversations/{id}", update::update_conversation)
        .on(Method::PUT, "/api/v1/conversations/{id}", update::update_conversation)
        .on(Method::DELETE, "/conversations/{id}", delete::delete_conversation)
        .on(Method::DELETE, "/api/v1/conversations/{id}", delete::delete_conversation)
}
