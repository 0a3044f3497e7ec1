use crate::{InboxId, MemberId, Status};

use super::Conversation;

/// What a conversation is counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CountedAs {
    /// The status.
    pub status: Status,
    /// The assignee.
    pub assignee: Option<MemberId>,
    /// The inbox.
    pub inbox: Option<InboxId>,
}

impl Conversation {
    /// Returns what the conversation is counted as.
    #[must_use]
    pub fn counted_as(&self) -> CountedAs {
        CountedAs { status: self.status, assignee: self.placement.assignee_id, inbox: self.placement.inbox_id }
    }
}
