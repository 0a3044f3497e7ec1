//! Conversations: AP-02 to AP-04 and AP-08 to AP-11.

mod create;
mod get;
mod item;
mod list;
mod update;

pub(crate) use item::{Found, LIVE, attributes};
pub use list::{ConversationFilter, ConversationPage, Position};
