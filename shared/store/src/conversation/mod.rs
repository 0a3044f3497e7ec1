//! Conversations: AP-02 to AP-11 and AP-60.

mod change;
mod create;
mod filter;
mod get;
mod item;
mod list;
mod read;
mod update;

pub(crate) use item::{LIVE, attributes};
pub use list::{ConversationPage, Position};
