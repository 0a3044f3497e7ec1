//! Conversations: AP-02 to AP-11, AP-15, AP-40 and AP-60.

mod apply;
mod by_creation;
mod by_creation_at;
mod create;
mod delete;
mod end_snooze;
mod filter;
mod get;
mod item;
mod list;
mod list_at;
mod preview;
mod removal;
mod removal_queue;
mod session;
mod total;
mod update;
mod write;

pub use by_creation::CreationPage;
pub use create::ConversationToCreate;
pub(crate) use item::{StoredConversation, attributes, live, unless_deleted};
pub(crate) use list::precedes;
pub use list::{ConversationPage, Position};
pub use list_at::Sort;
pub use removal::{RemovalBatch, Tombstone};
pub use removal_queue::RemovalQueue;
pub(crate) use removal_queue::removal_step;
pub(crate) use session::{Session, session_conflict, unknown_session, without_session};
