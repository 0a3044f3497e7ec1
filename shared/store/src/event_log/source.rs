//! What an event is about, and which change it comes from. Together they are its key.

use std::fmt::{Display, Formatter, Result};

use deskless_domain::{AutomationId, BulkActionId, ConversationId, ExecutionId, FileId, MessageId, WebhookEndpointId};

use crate::{
    CustomerKey,
    packed::{pack, unpack},
};

/// What an event is about. Events of one subject are delivered in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EventSubject {
    /// A conversation and its messages.
    Conversation(ConversationId),
    /// A customer.
    Customer(CustomerKey),
    /// A bulk action.
    BulkAction(BulkActionId),
    /// An execution of an automation.
    Execution(AutomationId, ExecutionId),
    /// A file.
    File(FileId),
    /// A webhook endpoint.
    Endpoint(WebhookEndpointId),
}

impl EventSubject {
    /// Returns the end of the partition key.
    pub(crate) fn suffix(&self) -> String {
        match self {
            Self::Conversation(id) => format!("C#{}", pack(*id)),
            Self::Customer(key) => format!("U#{}", key.digest()),
            Self::BulkAction(id) => format!("B#{}", pack(*id)),
            Self::Execution(automation, id) => format!("X#{}#{}", pack(*automation), pack(*id)),
            Self::File(id) => format!("F#{}", pack(*id)),
            Self::Endpoint(id) => format!("N#{}", pack(*id)),
        }
    }
}

/// Parses the end of the partition key of a conversation's events.
pub(super) fn conversation_of_suffix(suffix: &str) -> Option<ConversationId> {
    suffix.strip_prefix("C#").and_then(unpack)
}

/// The change that an event comes from. A change that is delivered again has the same sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventSource {
    /// An item has this version since the change. `part` tells several events of one change apart.
    Version {
        /// The version.
        version: u64,
        /// The number of the event, from 0.
        part: u8,
    },
    /// A message was created.
    MessageCreated(MessageId),
    /// A message has this version since the change.
    MessageUpdated(MessageId, u64),
    /// A message was deleted.
    MessageDeleted(MessageId),
    /// Something that happens once.
    Once,
    /// Something that happens once at a time, in milliseconds since 1970.
    At(i64),
}

impl Display for EventSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Version { version, part } => write!(f, "V{version}#{part}"),
            Self::MessageCreated(id) => write!(f, "M#{}", pack(*id)),
            Self::MessageUpdated(id, version) => write!(f, "M#{}#{version}", pack(*id)),
            Self::MessageDeleted(id) => write!(f, "M#{}#D", pack(*id)),
            Self::Once => f.write_str("O"),
            Self::At(millis) => write!(f, "L{millis}"),
        }
    }
}
