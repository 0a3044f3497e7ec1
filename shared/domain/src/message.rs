use serde::{Deserialize, Serialize};

use crate::{
    Attachment, Channel, ConversationId, DeliveryStatus, Email, MessageBody, MessageContent, MessageId, MessageType,
    Metadata, PersonName, Role, Timestamp,
};

/// The author of a message, as the caller names them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sender {
    /// The caller's own id of the person or program.
    pub id: Option<crate::ExternalId>,
    /// The display name.
    pub name: Option<PersonName>,
    /// The email address.
    pub email: Option<Email>,
}

/// A message before it has an id in a thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageDraft {
    /// The role of the author.
    pub role: Role,
    /// The type: a reply, which the customer sees, or an internal note.
    pub kind: MessageType,
    /// The text; `None` for a message with attachments or structured content alone.
    pub body: Option<MessageBody>,
    /// The structured content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<MessageContent>,
    /// The author.
    pub sender: Option<Sender>,
    /// The provider's id of the message, unique in the conversation.
    pub external_id: Option<crate::ExternalId>,
    /// The attached files, at most ten.
    pub attachments: Vec<Attachment>,
    /// The caller's own data.
    pub metadata: Metadata,
}

impl MessageDraft {
    /// Returns whether the message is a reply, which the customer sees.
    #[must_use]
    pub fn is_reply(&self) -> bool {
        self.kind == MessageType::Reply
    }

    /// Returns whether this is a reply by the customer.
    #[must_use]
    pub fn is_from_customer(&self) -> bool {
        self.is_reply() && self.role == Role::User
    }

    /// Converts the draft to a message with an id in a conversation.
    #[must_use]
    pub fn into_message(self, conversation_id: ConversationId, id: MessageId) -> Message {
        Message { id, conversation_id, draft: self, reported_status: None, version: 1 }
    }
}

/// A message in a thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The id, which contains the time. Ids sort in commit order.
    pub id: MessageId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The content.
    pub draft: MessageDraft,
    /// The delivery status that the provider last reported.
    pub reported_status: Option<DeliveryStatus>,
    /// The version. Each update increments it.
    pub version: u64,
}

/// A delivery status was reported for a message that no provider delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotDelivered;

impl Message {
    /// Returns the time at which the message was committed, from the id.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.id.time()
    }

    /// Returns the conversation's channel.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.conversation_id.channel().unwrap_or(Channel::Api)
    }

    /// Returns whether a provider delivers the message and reports its status. That is the case for an assistant's reply on
    /// a provider's channel.
    #[must_use]
    pub fn is_delivered_by_provider(&self) -> bool {
        self.draft.is_reply() && self.draft.role == Role::Assistant && self.channel().has_provider()
    }

    /// Returns the message after a delivery report, or `None` if the report has nothing new. A status never moves
    /// backwards, so a late report changes nothing.
    ///
    /// # Errors
    /// [`NotDelivered`] when no provider delivers the message and the report has a status.
    pub fn reported(&self, report: &MessageReport) -> Result<Option<Self>, NotDelivered> {
        if report.status.is_some() && !self.is_delivered_by_provider() {
            return Err(NotDelivered);
        }
        let mut next = self.clone();
        if let Some(status) = report.status.filter(|status| status.follows(self.delivery_status())) {
            next.reported_status = Some(status);
        }
        if report.external_id.is_some() {
            next.draft.external_id.clone_from(&report.external_id);
        }
        let is_new = next != *self;
        next.version += 1;
        Ok(is_new.then_some(next))
    }

    /// Returns the reported status. Before the first report it is `queued` for a reply that a provider delivers, and
    /// `delivered` for other messages.
    #[must_use]
    pub fn delivery_status(&self) -> DeliveryStatus {
        self.reported_status.unwrap_or(if self.is_delivered_by_provider() {
            DeliveryStatus::Queued
        } else {
            DeliveryStatus::Delivered
        })
    }
}

/// A provider's report about a message. `None` leaves a field unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageReport {
    /// The delivery status.
    pub status: Option<DeliveryStatus>,
    /// The provider's id of the message.
    pub external_id: Option<crate::ExternalId>,
}
