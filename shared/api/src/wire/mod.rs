//! Request and response types that several functions share.

mod action;
mod attachment;
mod conversation;
mod customer_view;
mod event;
mod filter;
mod literal;
mod message;
mod webhook_endpoint;

pub use action::{ActionObject, ActionRequest};
pub use attachment::{AttachmentObject, AttachmentRequest, AttachmentsRequest};
pub use conversation::{ConversationCustomerObject, ConversationObject, ConversationTag, Reference};
pub use customer_view::{CustomerMessageObject, CustomerMessageRequest, CustomerSenderObject};
pub use event::{EventActorObject, EventObject, TypesInQuery};
pub use filter::{AssignedTo, FilterRequest, FilterValue, Flag, TimeBound};
pub use literal::{ListTag, MessageTag};
pub use message::{CreateMessageRequest, MessageObject, SenderObject};
pub use webhook_endpoint::WebhookEndpointObject;
