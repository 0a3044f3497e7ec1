//! The service's objects.

mod contact;
mod conversation;
mod inbox;
mod message;
mod user;

pub use contact::{ContactInbox, ContactObject, Sender};
pub use conversation::{ConversationObject, status_of};
pub use inbox::InboxObject;
pub use message::{LastMessage, MessageObject};
pub use user::AgentObject;
