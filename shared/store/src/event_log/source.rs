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
    /// A file of the workspace.
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
    /// A customer has this version since the change. The first part tells them from an earlier one with the same id.
    Customer(MessageId, u64),
    /// An execution of an automation has ended.
    Execution(AutomationId, ExecutionId),
    /// A file was registered.
    File(FileId),
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

impl EventSource {
    /// Returns the start of the sources of the same message or customer.
    pub(super) fn family(&self) -> String {
        match self {
            Self::MessageCreated(id) | Self::MessageUpdated(id, _) | Self::MessageDeleted(id) => {
                Self::MessageCreated(*id).to_string()
            }
            Self::Customer(created, _) => format!("P#{}#", pack(*created)),
            _ => self.to_string(),
        }
    }
}

impl Display for EventSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Version { version, part } => write!(f, "V{version}#{part}"),
            Self::Customer(created, version) => write!(f, "P#{}#{version}", pack(*created)),
            Self::Execution(automation, id) => write!(f, "X#{}#{}", pack(*automation), pack(*id)),
            Self::File(id) => write!(f, "F#{}", pack(*id)),
            Self::MessageCreated(id) => write!(f, "M#{}", pack(*id)),
            Self::MessageUpdated(id, version) => write!(f, "M#{}#{version}", pack(*id)),
            Self::MessageDeleted(id) => write!(f, "M#{}#D", pack(*id)),
            Self::Once => f.write_str("O"),
            Self::At(millis) => write!(f, "L{millis}"),
        }
    }
}
