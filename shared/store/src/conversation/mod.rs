//! Conversations: AP-02 to AP-11, AP-15, AP-40 and AP-60.

mod act;
mod change;
mod create;
mod delete;
mod filter;
mod get;
mod item;
mod list;
mod purge;
mod read;
mod update;

pub(crate) use act::{Act, Acted, CAUSE};
pub use delete::Deletion;
pub(crate) use item::{Found, LIVE, attributes};
pub use list::{ConversationPage, Position};
pub use purge::Purge;
pub(crate) use purge::progress;
