use super::{Conversation, Resolved, Transition};
use crate::{
    Channel, ConversationId, Customer, ExternalId, Message, Metadata, Placement, Priority, SessionKey, Source, Subject,
    Tags, Timestamp,
};

/// A conversation to create, without its customer and first message.
#[derive(Debug, Clone)]
pub struct NewConversation {
    /// The channel. It never changes.
    pub channel: Channel,
    /// The source.
    pub source: Source,
    /// The initial status.
    pub status: Resolved,
    /// Whether it is escalated to a person.
    pub escalated: bool,
    /// The priority, a label of the caller's choice.
    pub priority: Priority,
    /// The subject.
    pub subject: Subject,
    /// The caller's own id, unique in the workspace.
    pub external_id: Option<ExternalId>,
    /// The channel's own key of the thread.
    pub session_key: Option<SessionKey>,
    /// Inbox, assignee, assistant, pipeline and stage.
    pub placement: Placement,
    /// The end of the snooze.
    pub snoozed_until: Option<Timestamp>,
    /// The tags.
    pub tags: Tags,
    /// The caller's own data.
    pub metadata: Metadata,
}

impl Conversation {
    /// Creates a conversation without messages, at the time in its id.
    #[must_use]
    pub fn open(id: ConversationId, number: u64, new: NewConversation, customer: Customer) -> Self {
        let created_at = id.time();
        Self {
            id,
            number,
            source: new.source,
            status: new.status.status(),
            resolution: new.status.resolution(),
            escalated: new.escalated,
            priority: new.priority,
            subject: new.subject,
            newest_reply: None,
            customer,
            external_id: new.external_id,
            session_key: new.session_key,
            placement: new.placement,
            tags: new.tags,
            metadata: new.metadata,
            snoozed_until: new.snoozed_until,
            message_count: 0,
            unread_count: 0,
            read_up_to: None,
            awaiting_reply: false,
            last_customer_reply_at: None,
            activity: id.into(),
            newest_message_id: id.into(),
            updated_at: created_at,
            first_response_at: None,
            closed_at: new.status.resolution().map(|_| created_at),
            version: 1,
        }
    }

    /// Adds the first message. The given status and snooze stay, even if it is a customer's reply, so that solved
    /// conversations can be imported.
    #[must_use]
    pub fn opened_with(self, first: &Message) -> Self {
        let (status, resolution, closed_at) = (self.status, self.resolution, self.closed_at);
        let (snoozed_until, version) = (self.snoozed_until, self.version);
        let opened = self.applied(&Transition::of_first_message(first));
        Self { status, resolution, snoozed_until, closed_at, version, ..opened }
    }
}
