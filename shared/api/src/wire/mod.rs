//! Request and response types that several functions share.

mod action;
mod attachment;
mod body;
mod bulk_action;
mod conversation;
mod customer;
mod customer_view;
mod event;
mod event_data;
mod execution;
mod file;
mod filter;
mod literal;
mod message;
mod webhook_endpoint;

pub use action::{ActionObject, ActionRequest};
pub use attachment::{AttachmentObject, AttachmentRequest, AttachmentsRequest};
pub use body::{endpoint_data, event_body};
pub use bulk_action::BulkActionObject;
pub use conversation::{ConversationCustomerObject, ConversationObject, ConversationTag, Reference};
pub use customer::CustomerObject;
pub use customer_view::{CustomerMessageObject, CustomerMessageRequest, CustomerSenderObject};
pub use event::{EventActorObject, EventObject, TypesInQuery};
pub use event_data::render_event;
pub use execution::ExecutionObject;
pub use file::FileObject;
pub use filter::{AssignedTo, FilterRequest, FilterValue, Flag, TimeBound};
pub use literal::{ListTag, MessageTag};
pub use message::{CreateMessageRequest, MessageObject, SenderObject};
pub use webhook_endpoint::WebhookEndpointObject;
