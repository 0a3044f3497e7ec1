//! The dialect `empfio`: conversations of an assistant with leads.

mod conversations;
mod dto;
mod error;
mod leads;
mod messages;
mod values;

use deskless_api::dialect::{Dialect, Operations};
use http::Method;

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "empfio", key_header: None, error: error::format, operations };

fn operations() -> Operations {
    Operations::default()
        .on(Method::GET, "/api/v1/conversations", conversations::list::list_conversations)
        .on(Method::GET, "/api/v1/conversations/{conversation_id}", conversations::get::get_conversation)
        .on(Method::PATCH, "/api/v1/conversations/{conversation_id}", conversations::update::update_conversation)
        .on(Method::GET, "/api/v1/conversations/{conversation_id}/messages", messages::list_messages)
        .on(Method::GET, "/api/v1/leads", leads::list::list_leads)
        .on(Method::POST, "/api/v1/leads", leads::create::create_lead)
        .on(Method::GET, "/api/v1/leads/{lead_id}", leads::get::get_lead)
        .on(Method::PATCH, "/api/v1/leads/{lead_id}", leads::update::update_lead)
}
