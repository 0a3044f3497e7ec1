//! Conversations: their state, creation and transitions.

mod counted;
mod open;
mod patch;
mod status;
#[cfg(test)]
mod tests;
mod transition;

pub use counted::CountedAs;
pub use open::NewConversation;
pub use patch::{ConversationPatch, ReadMark, StatusChange};
pub use status::Resolved;
pub use transition::{Assign, CountChange, MessageOrigin, NewestReply, NotSolved, ReadUpTo, Transition};

use serde::{Deserialize, Serialize};

use crate::{
    Channel, ConversationId, Customer, ExternalId, MessageId, Metadata, Placement, Priority, Resolution, SessionKey,
    Source, Status, Subject, Tags, Timestamp,
};

/// A thread between one customer and a workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// The id, which contains the time of creation and the channel.
    pub id: ConversationId,
    /// The ticket number, for people: ascending and unique in the workspace, with gaps.
    pub number: u64,
    /// The source.
    pub source: Source,
    /// The status: open, waiting or solved.
    pub status: Status,
    /// The resolution. Only solved conversations have one.
    pub resolution: Option<Resolution>,
    /// Whether it is escalated to a person.
    pub escalated: bool,
    /// The priority, a label of the caller's choice.
    pub priority: Priority,
    /// The subject.
    pub subject: Subject,
    /// The newest reply, if there is one. Notes do not count.
    pub newest_reply: Option<NewestReply>,
    /// The customer.
    pub customer: Customer,
    /// The caller's own id.
    pub external_id: Option<ExternalId>,
    /// The channel's own key of the thread.
    pub session_key: Option<SessionKey>,
    /// Inbox, assignee, assistant, pipeline and stage.
    pub placement: Placement,
    /// The tags.
    pub tags: Tags,
    /// The caller's own data.
    pub metadata: Metadata,
    /// The end of the snooze, which may be in the past.
    pub snoozed_until: Option<Timestamp>,
    /// The number of messages, notes included.
    pub message_count: u64,
    /// The number of customer replies after the last message that was read.
    pub unread_count: u64,
    /// The last message that was read.
    pub read_up_to: Option<MessageId>,
    /// Whether the newest reply is the customer's.
    pub awaiting_reply: bool,
    /// The time of the customer's last reply. Stored only for channels with a reply window.
    pub last_customer_reply_at: Option<Timestamp>,
    /// The sort position in lists: the greatest id that a reply ever had, or the conversation's own id. It only moves
    /// forward, even if that reply is deleted, so that paging never returns a conversation twice.
    pub activity: MessageId,
    /// The newest committed message id, notes included, or the conversation's own id. A new message must have a greater id.
    pub newest_message_id: MessageId,
    /// The time of the last change of the conversation or its thread.
    pub updated_at: Timestamp,
    /// The time of an assistant's first reply.
    pub first_response_at: Option<Timestamp>,
    /// The time at which the conversation was solved. Only solved conversations have one.
    pub closed_at: Option<Timestamp>,
    /// The version. Each change increments it, new messages included.
    pub version: u64,
}

impl Conversation {
    /// Returns the time of creation, from the id.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.id.time()
    }

    /// Returns the time of the newest reply, or of the creation if there is no reply.
    #[must_use]
    pub fn last_message_at(&self) -> Timestamp {
        self.newest_reply.as_ref().map_or_else(|| self.created_at(), |reply| reply.id.time())
    }

    /// Returns the end of the reply window, in which the provider delivers free-form replies: 24 hours after the customer's
    /// last message on Meta's channels. Returns `None` for channels without a reply window, and if the customer has not
    /// written yet.
    #[must_use]
    pub fn window_expires_at(&self) -> Option<Timestamp> {
        Some(self.last_customer_reply_at?.plus_seconds(self.channel().reply_window_seconds()?))
    }

    /// Returns whether the provider delivers free-form replies now.
    #[must_use]
    pub fn is_window_open(&self, now: Timestamp) -> bool {
        self.channel().reply_window_seconds().is_none() || self.window_expires_at().is_some_and(|end| now < end)
    }

    /// Returns the channel, which is part of the id.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.id.channel().unwrap_or(Channel::Api)
    }

    /// Returns whether the conversation is snoozed. A snooze ends by time, without a write.
    #[must_use]
    pub fn is_snoozed(&self, now: Timestamp) -> bool {
        self.snoozed_until.is_some_and(|until| until > now)
    }

    /// Returns the first 140 characters of the newest reply, or the subject if there is no reply.
    #[must_use]
    pub fn preview(&self) -> &str {
        self.newest_reply.as_ref().map_or(self.subject.as_str(), |reply| &reply.preview)
    }
}
