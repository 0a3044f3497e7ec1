//! The dialect `intercom`: contacts, conversations and their parts, tags and admins.

mod admins;
mod attributes;
mod contacts;
mod conversations;
mod error;
mod html;
mod pages;
mod search;
mod shape;
mod tags;
mod values;

use deskless_api::{
    Reply,
    dialect::{Dialect, Operations},
};
use http::{HeaderValue, Method};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "intercom", key_header: None, error: error::format, operations };

fn operations() -> Operations {
    let all = of_contacts(Operations::default());
    let all = of_conversations(all);
    all.on(Method::GET, "/tags", tags::list_tags)
        .on(Method::POST, "/tags", tags::create_tag)
        .on(Method::GET, "/tags/{tag_id}", tags::get_tag)
        .on(Method::DELETE, "/tags/{tag_id}", tags::delete_tag)
        .on(Method::GET, "/me", admins::get_me)
        .on(Method::GET, "/admins", admins::list_admins)
        .on(Method::GET, "/admins/{admin_id}", admins::get_admin)
}

fn of_contacts(all: Operations) -> Operations {
    all.on(Method::GET, "/contacts", contacts::list_contacts)
        .on(Method::POST, "/contacts", contacts::create_contact)
        .on(Method::POST, "/contacts/search", search::search_contacts)
        .on(Method::GET, "/contacts/find_by_external_id/{external_id}", contacts::find_contact_by_external_id)
        .on(Method::GET, "/contacts/{contact_id}", contacts::get_contact)
        .on(Method::PUT, "/contacts/{contact_id}", contacts::update_contact)
        .on(Method::DELETE, "/contacts/{contact_id}", contacts::delete_contact)
        .on(Method::POST, "/contacts/{contact_id}/archive", contacts::archive_contact)
        .on(Method::POST, "/contacts/{contact_id}/unarchive", contacts::unarchive_contact)
        .on(Method::GET, "/contacts/{contact_id}/tags", contacts::list_tags_of_contact)
        .on(Method::POST, "/contacts/{contact_id}/tags", contacts::tag_contact)
        .on(Method::DELETE, "/contacts/{contact_id}/tags/{tag_id}", contacts::untag_contact)
}

fn of_conversations(all: Operations) -> Operations {
    all.on(Method::GET, "/conversations", conversations::list_conversations)
        .on(Method::POST, "/conversations", conversations::create_conversation)
        .on(Method::POST, "/conversations/search", search::search_conversations)
        .on(Method::POST, "/conversations/redact", conversations::redact_conversation)
        .on(Method::GET, "/conversations/{conversation_id}", conversations::get_conversation)
        .on(Method::PUT, "/conversations/{conversation_id}", conversations::update_conversation)
        .on(Method::DELETE, "/conversations/{conversation_id}", conversations::delete_conversation)
        .on(Method::POST, "/conversations/{conversation_id}/reply", conversations::reply_to_conversation)
        .on(Method::POST, "/conversations/{conversation_id}/parts", conversations::manage_conversation)
        .on(Method::POST, "/conversations/{conversation_id}/tags", conversations::tag_conversation)
        .on(Method::DELETE, "/conversations/{conversation_id}/tags/{tag_id}", conversations::untag_conversation)
}

/// Marks a response whose total is not exact, or whose list is not complete.
fn exact(is_exact: bool, reply: Reply) -> Reply {
    let mut response = reply?;
    if !is_exact {
        response.headers_mut().insert("x-total-exact", HeaderValue::from_static("false"));
    }
    Ok(response)
}
