//! Wire types that more than one function speaks.

mod literal;
mod message;

pub use literal::{ListTag, MessageTag};
pub use message::{CreateMessageRequest, MessageObject, SenderObject};
