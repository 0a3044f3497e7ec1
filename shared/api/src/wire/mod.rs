//! Request and response types that several functions share.

mod action;
mod attachment;
mod conversation;
mod filter;
mod literal;
mod message;
mod own;

pub use action::{ActionObject, ActionRequest};
pub use attachment::{AttachmentObject, AttachmentRequest, AttachmentsRequest};
pub use conversation::{ConversationCustomerObject, ConversationObject, ConversationTag, Reference};
pub use filter::{AssignedTo, FilterRequest, Flag};
pub use literal::{ListTag, MessageTag};
pub use message::{CreateMessageRequest, MessageObject, SenderObject};
pub use own::{OwnMessageObject, OwnMessageRequest, OwnSenderObject};
