//! State transitions: the changes that a command makes to a conversation.
//!
//! A transition describes the change of each attribute without knowing the stored value. The store can therefore write it
//! as one conditional update without reading first, so adding a message takes one round trip. [`Conversation::after`]
//! applies the same transition in memory. Both give the same result.

use serde::{Deserialize, Serialize};

use super::{Conversation, ConversationPatch, ReadMark, Resolved, StatusChange};
use crate::{
    FieldChange, Message, MessageId, Metadata, PlacementPatch, Priority, Resolution, Role, Status, Subject, Tags,
    Timestamp,
};

/// The newest reply, as conversations show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewestReply {
    /// The reply.
    pub id: MessageId,
    /// Its first 140 characters.
    pub preview: String,
}

impl NewestReply {
    /// Returns the preview of a reply.
    #[must_use]
    pub fn of(message: &Message) -> Self {
        Self { id: message.id, preview: message.draft.preview() }
    }
}

/// The change of an optional attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Assign<T> {
    /// Leaves the value unchanged.
    #[default]
    Keep,
    /// Removes the value.
    Clear,
    /// Sets this value.
    Set(T),
    /// Sets this value unless there is one.
    SetIfEmpty(T),
}

impl<T> Assign<T> {
    /// Returns this change, or the earlier one if this one keeps the value.
    fn after(self, earlier: Self) -> Self {
        if matches!(self, Self::Keep) { earlier } else { self }
    }

    fn apply(self, attribute: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *attribute = None,
            Self::Set(value) => *attribute = Some(value),
            Self::SetIfEmpty(value) => {
                attribute.get_or_insert(value);
            }
        }
    }
}

impl<T> From<FieldChange<T>> for Assign<T> {
    fn from(edit: FieldChange<T>) -> Self {
        match edit {
            FieldChange::Keep => Self::Keep,
            FieldChange::Clear => Self::Clear,
            FieldChange::Set(value) => Self::Set(value),
        }
    }
}

/// The change of a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CountChange {
    /// Leaves the value unchanged.
    #[default]
    Keep,
    /// Adds this number.
    Add(u64),
    /// Sets this number.
    Set(u64),
}

impl CountChange {
    /// Returns this change followed by another one.
    fn and(self, later: Self) -> Self {
        match (self, later) {
            (change, Self::Keep) | (Self::Keep, change) => change,
            (_, Self::Set(value)) => Self::Set(value),
            (Self::Add(number), Self::Add(more)) => Self::Add(number + more),
            (Self::Set(value), Self::Add(more)) => Self::Set(value + more),
        }
    }

    fn apply(self, count: &mut u64) {
        match self {
            Self::Keep => {}
            Self::Add(number) => *count += number,
            Self::Set(value) => *count = value,
        }
    }
}

/// The change of the read mark, which is the last message that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadUpTo {
    /// Leaves the value unchanged.
    #[default]
    Keep,
    /// Sets the newest message of the thread.
    Newest,
    /// Sets this message.
    Message(MessageId),
}

/// Where a message comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageOrigin {
    /// From the workspace's back end, which also relays the customer's messages from a provider.
    Workspace,
    /// From the customer, with a client key. It did not come through a provider, so it opens no reply window.
    Customer,
}

/// The changes that a command makes to a conversation. The version is always incremented.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The time of the command.
    pub at: Timestamp,
    /// Whether the transition is allowed for solved conversations only.
    pub requires_solved: bool,
    /// The new status.
    pub status: Option<Status>,
    /// The resolution.
    pub resolution: Assign<Resolution>,
    /// The time at which it was solved.
    pub closed_at: Assign<Timestamp>,
    /// Whether it is escalated to a person.
    pub escalated: Option<bool>,
    /// The priority.
    pub priority: Option<Priority>,
    /// The subject.
    pub subject: Option<Subject>,
    /// The tags.
    pub tags: Option<Tags>,
    /// The caller's own data.
    pub metadata: Option<Metadata>,
    /// Inbox, assignee, assistant, pipeline and stage.
    pub placement: PlacementPatch,
    /// The end of the snooze.
    pub snoozed_until: Assign<Timestamp>,
    /// The newest reply.
    pub newest_reply: Assign<NewestReply>,
    /// The sort position in lists.
    pub activity: Option<MessageId>,
    /// The newest message id of the thread.
    pub newest_message_id: Option<MessageId>,
    /// Whether the newest reply is the customer's.
    pub awaiting_reply: Option<bool>,
    /// The time of an assistant's first reply.
    pub first_response_at: Assign<Timestamp>,
    /// The time of the customer's last reply.
    pub last_customer_reply_at: Assign<Timestamp>,
    /// The number of messages.
    pub message_count: CountChange,
    /// The number of unread customer replies.
    pub unread_count: CountChange,
    /// The last message that was read.
    pub read_up_to: ReadUpTo,
}

/// A resolution was given for a conversation that is not solved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotSolved;

impl Transition {
    /// Creates a transition that changes only the time of the last update.
    #[must_use]
    pub fn touch(at: Timestamp) -> Self {
        Self {
            at,
            requires_solved: false,
            status: None,
            resolution: Assign::Keep,
            closed_at: Assign::Keep,
            escalated: None,
            priority: None,
            subject: None,
            tags: None,
            metadata: None,
            placement: PlacementPatch::default(),
            snoozed_until: Assign::Keep,
            newest_reply: Assign::Keep,
            activity: None,
            newest_message_id: None,
            awaiting_reply: None,
            first_response_at: Assign::Keep,
            last_customer_reply_at: Assign::Keep,
            message_count: CountChange::Keep,
            unread_count: CountChange::Keep,
            read_up_to: ReadUpTo::Keep,
        }
    }

    /// Returns the transition for a patch. Another status than solved removes the resolution. Solving a solved conversation
    /// keeps the time and, unless the patch has one, the resolution.
    #[must_use]
    pub fn of_patch(patch: &ConversationPatch, now: Timestamp) -> Self {
        let mut transition = Self {
            escalated: patch.escalated,
            priority: patch.priority.clone(),
            subject: patch.subject.clone(),
            tags: patch.tags.clone(),
            metadata: patch.metadata.clone(),
            placement: patch.placement,
            snoozed_until: patch.snoozed_until.into(),
            ..Self::touch(now)
        };
        match patch.state {
            StatusChange::Keep => {}
            StatusChange::Resolution(resolution) => {
                transition.requires_solved = true;
                transition.resolution = Assign::Set(resolution);
            }
            StatusChange::Status(state) => transition.set_status(state),
        }
        match patch.read {
            None => {}
            Some(ReadMark::Everything) => {
                (transition.read_up_to, transition.unread_count) = (ReadUpTo::Newest, CountChange::Set(0));
            }
            Some(ReadMark::UpTo(message, left)) => {
                (transition.read_up_to, transition.unread_count) = (ReadUpTo::Message(message), CountChange::Set(left));
            }
        }
        transition
    }

    /// Returns the transition for a snooze that has ended by time.
    #[must_use]
    pub fn end_of_snooze(at: Timestamp) -> Self {
        Self { snoozed_until: Assign::Clear, ..Self::touch(at) }
    }

    fn set_status(&mut self, state: Resolved) {
        self.status = Some(state.status());
        match state {
            Resolved::No(_) => (self.resolution, self.closed_at) = (Assign::Clear, Assign::Clear),
            Resolved::Yes(resolution) => {
                self.resolution = resolution.map_or(Assign::SetIfEmpty(Resolution::Resolved), Assign::Set);
                self.closed_at = Assign::SetIfEmpty(self.at);
            }
        }
    }

    /// Returns the transition for a new message. A reply becomes the preview and moves the conversation to the top of
    /// lists. A customer's reply is unread, awaits a reply, reopens the conversation and ends its snooze.
    #[must_use]
    pub fn of_message(message: &Message, origin: MessageOrigin) -> Self {
        let at = message.created_at();
        let mut transition =
            Self { newest_message_id: Some(message.id), message_count: CountChange::Add(1), ..Self::touch(at) };
        if message.draft.is_reply() {
            transition.activity = Some(message.id);
            transition.newest_reply = Assign::Set(NewestReply::of(message));
            transition.awaiting_reply = Some(message.draft.is_from_customer());
            if message.draft.role == Role::Assistant {
                transition.first_response_at = Assign::SetIfEmpty(at);
            }
        }
        if message.draft.is_from_customer() {
            transition.set_status(Resolved::No(Status::Open));
            transition.snoozed_until = Assign::Clear;
            transition.unread_count = CountChange::Add(1);
            if origin == MessageOrigin::Workspace && message.channel().reply_window_seconds().is_some() {
                transition.last_customer_reply_at = Assign::Set(at);
            }
        }
        transition
    }

    /// Returns the transition for several messages that are added at once, in their order. It has the effect of adding one after the
    /// other, with one version. `None` if there are no messages.
    #[must_use]
    pub fn of_messages(messages: &[Message], origin: MessageOrigin) -> Option<Self> {
        let transitions = messages.iter().map(|message| Self::of_message(message, origin));
        transitions.reduce(|before, message| Self {
            status: message.status.or(before.status),
            resolution: message.resolution.after(before.resolution),
            closed_at: message.closed_at.after(before.closed_at),
            snoozed_until: message.snoozed_until.after(before.snoozed_until),
            newest_reply: message.newest_reply.after(before.newest_reply),
            activity: message.activity.or(before.activity),
            awaiting_reply: message.awaiting_reply.or(before.awaiting_reply),
            first_response_at: before.first_response_at.after(message.first_response_at),
            last_customer_reply_at: message.last_customer_reply_at.after(before.last_customer_reply_at),
            message_count: before.message_count.and(message.message_count),
            unread_count: before.unread_count.and(message.unread_count),
            ..message
        })
    }

    /// Returns the transition for the first message of a new conversation.
    #[must_use]
    pub fn of_first_message(message: &Message) -> Self {
        Self::of_message(message, MessageOrigin::Workspace)
    }

    /// Returns the transition for the deletion of a message. `newest_left` is the newest of the other replies, needed only
    /// if the deleted message is the newest reply. The sort position stays.
    #[must_use]
    pub fn of_deleted_message(
        conversation: &Conversation,
        message: &Message,
        newest_left: Option<&Message>,
        now: Timestamp,
    ) -> Self {
        let mut transition =
            Self { message_count: CountChange::Set(conversation.message_count.saturating_sub(1)), ..Self::touch(now) };
        let is_unread = conversation.read_up_to.is_none_or(|read| message.id > read);
        if message.draft.is_from_customer() && is_unread {
            transition.unread_count = CountChange::Set(conversation.unread_count.saturating_sub(1));
        }
        if conversation.is_newest_reply(message.id) {
            transition.awaiting_reply = Some(newest_left.is_some_and(|reply| reply.draft.is_from_customer()));
            transition.newest_reply = newest_left.map_or(Assign::Clear, |reply| Assign::Set(NewestReply::of(reply)));
        }
        transition
    }
}

impl Conversation {
    /// Returns whether this message is the conversation's newest reply.
    #[must_use]
    pub fn is_newest_reply(&self, message: MessageId) -> bool {
        self.newest_reply.as_ref().is_some_and(|reply| reply.id == message)
    }

    /// Returns the conversation after a transition.
    ///
    /// # Errors
    /// [`NotSolved`] when the transition is allowed for solved conversations only and this one is not.
    pub fn after(self, transition: &Transition) -> Result<Self, NotSolved> {
        if transition.requires_solved && self.status != Status::Solved {
            return Err(NotSolved);
        }
        Ok(self.applied(transition))
    }

    /// Returns the conversation after a transition, without checking that it is allowed.
    pub(super) fn applied(mut self, transition: &Transition) -> Self {
        let transition = transition.clone();
        self.status = transition.status.unwrap_or(self.status);
        transition.resolution.apply(&mut self.resolution);
        transition.closed_at.apply(&mut self.closed_at);
        self.escalated = transition.escalated.unwrap_or(self.escalated);
        self.priority = transition.priority.unwrap_or(self.priority);
        self.subject = transition.subject.unwrap_or(self.subject);
        self.tags = transition.tags.unwrap_or(self.tags);
        self.metadata = transition.metadata.unwrap_or(self.metadata);
        transition.placement.apply(&mut self.placement);
        transition.snoozed_until.apply(&mut self.snoozed_until);
        transition.newest_reply.apply(&mut self.newest_reply);
        self.activity = transition.activity.unwrap_or(self.activity);
        match transition.read_up_to {
            ReadUpTo::Keep => {}
            ReadUpTo::Newest => self.read_up_to = Some(self.newest_message_id),
            ReadUpTo::Message(id) => self.read_up_to = Some(id),
        }
        self.newest_message_id = transition.newest_message_id.unwrap_or(self.newest_message_id);
        self.awaiting_reply = transition.awaiting_reply.unwrap_or(self.awaiting_reply);
        transition.first_response_at.apply(&mut self.first_response_at);
        transition.last_customer_reply_at.apply(&mut self.last_customer_reply_at);
        transition.message_count.apply(&mut self.message_count);
        transition.unread_count.apply(&mut self.unread_count);
        self.updated_at = transition.at;
        self.version += 1;
        self
    }
}
