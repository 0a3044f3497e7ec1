use super::Resolved;
use crate::{FieldChange, MessageId, Metadata, PlacementPatch, Priority, Resolution, Subject, Tags, Timestamp};

/// A change of a conversation's status or resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatusChange {
    /// Leaves both.
    #[default]
    Keep,
    /// Sets the status. Solving again keeps the time and, unless one is given, the resolution.
    Status(Resolved),
    /// Sets the resolution of a solved conversation. Not allowed for any other.
    Resolution(Resolution),
}

/// How much of a thread was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadMark {
    /// All of it.
    Everything,
    /// Everything up to this message; so many customer replies come after it.
    UpTo(MessageId, u64),
}

/// A partial update of a conversation. `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConversationPatch {
    /// Status and resolution.
    pub state: StatusChange,
    /// Whether it was handed over to a person.
    pub escalated: Option<bool>,
    /// A label of urgency, free to choose.
    pub priority: Option<Priority>,
    /// What the conversation is about.
    pub subject: Option<Subject>,
    /// Labels, replaced as a whole.
    pub tags: Option<Tags>,
    /// The caller's own data, replaced as a whole.
    pub metadata: Option<Metadata>,
    /// Inbox, assignee, assistant, pipeline and stage.
    pub placement: PlacementPatch,
    /// The end of the snooze.
    pub snoozed_until: FieldChange<Timestamp>,
    /// How much of the thread was read.
    pub read: Option<ReadMark>,
}

impl ConversationPatch {
    /// Returns whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
