use crate::{
    Attachment, Channel, ConversationId, DeliveryStatus, Email, Invalid, MessageBody, MessageId, MessageType, Metadata,
    PersonName, Role, Timestamp,
};

/// Who wrote a message, as the caller says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sender {
    /// The caller's own id of the person or program.
    pub id: Option<crate::ExternalId>,
    /// The name as it is shown.
    pub name: Option<PersonName>,
    /// The address.
    pub email: Option<Email>,
}

/// A message before it has its place in a thread.
/// `B` is what is known of its body: the text itself, or how it comes to be.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageDraft<B = MessageBody> {
    /// Who speaks.
    pub role: Role,
    /// For the customer, or an internal note.
    pub kind: MessageType,
    /// What is said.
    pub body: B,
    /// Who wrote it.
    pub sender: Option<Sender>,
    /// The channel provider's id of the message, unique in the conversation.
    pub external_id: Option<crate::ExternalId>,
    /// The files that come with it, at most ten.
    pub attachments: Vec<Attachment>,
    /// The caller's own data.
    pub metadata: Metadata,
}

impl<B> MessageDraft<B> {
    /// The same message with one more file, unless it has that already.
    ///
    /// # Errors
    /// When it has as many as it can have.
    pub fn attaching(mut self, file: Option<Attachment>) -> Result<Self, Invalid> {
        let new = file.filter(|file| self.attachments.iter().all(|known| known.file_id != file.file_id));
        self.attachments.extend(new);
        if self.attachments.len() > Attachment::MOST {
            let message = format!("may have at most {}, with the predefined message's", Attachment::MOST);
            return Err(Invalid::new("too_many", message));
        }
        Ok(self)
    }

    /// The same message with another body, made of its own.
    #[must_use]
    pub fn worded<C>(self, word: impl FnOnce(B) -> C) -> MessageDraft<C> {
        let Self { role, kind, body, sender, external_id, attachments, metadata } = self;
        MessageDraft { role, kind, body: word(body), sender, external_id, attachments, metadata }
    }
}

impl MessageDraft {
    /// Whether it is for the customer, and not a note.
    #[must_use]
    pub fn is_reply(&self) -> bool {
        self.kind == MessageType::Reply
    }

    /// Whether this is a customer's reply: it reopens the conversation and waits for an answer.
    #[must_use]
    pub fn is_from_customer(&self) -> bool {
        self.is_reply() && self.role == Role::User
    }

    /// The message that this becomes.
    #[must_use]
    pub fn placed(self, conversation_id: ConversationId, id: MessageId) -> Message {
        Message { id, conversation_id, draft: self, reported_status: None, version: 1 }
    }
}

/// One entry of a thread.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its place in the thread and its time.
    pub id: MessageId,
    /// The thread.
    pub conversation_id: ConversationId,
    /// What was said, by whom.
    pub draft: MessageDraft,
    /// What the channel's provider last reported.
    pub reported_status: Option<DeliveryStatus>,
    /// Counts the changes.
    pub version: u64,
}

impl Message {
    /// When it was committed, in milliseconds.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.id.time()
    }

    /// The conversation's channel.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.conversation_id.channel().unwrap_or(Channel::Api)
    }

    /// Whether a channel's provider carries it to the customer and reports how it fares: an assistant's reply on such a
    /// channel.
    #[must_use]
    pub fn is_carried(&self) -> bool {
        self.draft.is_reply() && self.draft.role == Role::Assistant && self.channel().has_provider()
    }

    /// The message as a report leaves it; `None` where the report says nothing new.
    #[must_use]
    pub fn reported(&self, report: &MessageReport) -> Option<Self> {
        let mut next = self.clone();
        if let Some(status) = report.status.filter(|status| status.follows(self.delivery_status())) {
            next.reported_status = Some(status);
        }
        if report.external_id.is_some() {
            next.draft.external_id.clone_from(&report.external_id);
        }
        let is_new = next != *self;
        next.version += 1;
        is_new.then_some(next)
    }

    /// What was reported or, before that, `queued` for an assistant's reply that a provider has to carry, and
    /// `delivered` for everything else, since we hold it ourselves.
    #[must_use]
    pub fn delivery_status(&self) -> DeliveryStatus {
        self.reported_status.unwrap_or(if self.is_carried() {
            DeliveryStatus::Queued
        } else {
            DeliveryStatus::Delivered
        })
    }
}

/// What a channel's provider reports of a message: `None` says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageReport {
    /// How far it got.
    pub status: Option<DeliveryStatus>,
    /// The provider's id of it.
    pub external_id: Option<crate::ExternalId>,
}
