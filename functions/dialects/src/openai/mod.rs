//! The dialect `openai`: the Conversations API of `OpenAI`.

mod conversations;
mod error;
mod id;
mod invalid;
mod item;
mod items;
mod metadata;
mod object;
mod query;

use deskless_api::dialect::{Dialect, Operations};
use http::Method;

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "openai", key_header: None, error: error::format, operations };

const CONVERSATIONS: &str = "/v1/conversations";
const CONVERSATION: &str = "/v1/conversations/{conversation_id}";
const ITEMS: &str = "/v1/conversations/{conversation_id}/items";
const ITEM: &str = "/v1/conversations/{conversation_id}/items/{item_id}";

fn operations() -> Operations {
    Operations::default()
        .on(Method::POST, CONVERSATIONS, conversations::create)
        .on(Method::GET, CONVERSATION, conversations::retrieve)
        .on(Method::POST, CONVERSATION, conversations::update)
        .on(Method::DELETE, CONVERSATION, conversations::delete)
        .on(Method::POST, ITEMS, items::create)
        .on(Method::GET, ITEMS, items::list)
        .on(Method::GET, ITEM, items::retrieve)
        .on(Method::DELETE, ITEM, items::delete)
}
