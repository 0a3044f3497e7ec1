use super::Resolved;
use crate::{FieldChange, MessageId, Metadata, PlacementPatch, Priority, Resolution, Subject, Tags, Timestamp};

/// A change of a conversation's status or resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatusChange {
    /// Leaves both unchanged.
    #[default]
    Keep,
    /// Sets the status. Solving a solved conversation keeps the time and, unless one is given, the resolution.
    Status(Resolved),
    /// Sets the resolution. Allowed for solved conversations only.
    Resolution(Resolution),
}

/// How much of a thread is marked as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadMark {
    /// The whole thread.
    Everything,
    /// Everything up to this message, with the number of customer replies after it.
    UpTo(MessageId, u64),
}

/// A partial update of a conversation. `None` leaves a field unchanged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConversationPatch {
    /// The status and resolution.
    pub state: StatusChange,
    /// Whether it is escalated to a person.
    pub escalated: Option<bool>,
    /// The priority, a label of the caller's choice.
    pub priority: Option<Priority>,
    /// The subject.
    pub subject: Option<Subject>,
    /// The tags, replaced as a whole.
    pub tags: Option<Tags>,
    /// The caller's own data, replaced as a whole.
    pub metadata: Option<Metadata>,
    /// Inbox, assignee, assistant, pipeline and stage.
    pub placement: PlacementPatch,
    /// The end of the snooze.
    pub snoozed_until: FieldChange<Timestamp>,
    /// How much of the thread is marked as read.
    pub read: Option<ReadMark>,
}

impl ConversationPatch {
    /// Returns whether the patch changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
