//! Events before they are rendered.

use deskless_domain::{
    BulkAction, Conversation, ConversationField, ConversationId, CustomerRecord, EventActor, EventType, Execution,
    File, MessageId, Timestamp,
};
use deskless_store::{CustomerKey, EventSource, EventSubject, MessageToLog};

/// An event before it is rendered.
#[derive(Debug)]
pub struct DraftEvent {
    /// What it is about.
    pub subject: EventSubject,
    /// The change that it comes from.
    pub source: EventSource,
    /// The type.
    pub event_type: EventType,
    /// The time of the change.
    pub occurred_at: Timestamp,
    /// Who caused it.
    pub actor: EventActor,
    /// The conversation that it belongs to.
    pub conversation_id: Option<ConversationId>,
    /// The fields that have changed.
    pub changed: Vec<ChangedField>,
    /// The object.
    pub data: EventData,
}

/// A field of an object that has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangedField {
    /// A field of a conversation that clients can update.
    Conversation(ConversationField),
    /// The number of unread messages.
    UnreadCount,
    /// The customer of a conversation.
    Customer,
    /// The delivery status of a message.
    DeliveryStatus,
    /// The provider's id of a message.
    ExternalId,
    /// The name of a customer.
    Name,
    /// The email address.
    Email,
    /// The phone number.
    Phone,
    /// The company.
    Company,
    /// The caller's own data.
    Metadata,
}

/// The object of an event.
#[derive(Debug)]
pub enum EventData {
    /// A conversation. Its metadata may be too long.
    Conversation {
        /// The conversation.
        conversation: Box<Conversation>,
        /// Whether it has its metadata.
        has_metadata: bool,
    },
    /// A deleted conversation.
    DeletedConversation(ConversationId),
    /// A message.
    Message(Box<MessageToLog>),
    /// A message that was deleted.
    DeletedMessage(ConversationId, MessageId),
    /// A message that was deleted before the event of its creation could be written.
    GoneMessage(ConversationId, MessageId),
    /// A customer.
    Customer(Box<CustomerRecord>),
    /// A customer who is being erased.
    ErasedCustomer(CustomerKey),
    /// A bulk action.
    BulkAction(Box<BulkAction>),
    /// An execution of an automation.
    Execution(Box<Execution>),
    /// A file.
    File(Box<File>),
}
