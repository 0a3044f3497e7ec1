//! The service's values, and ours.

use deserr::Deserr;
use deskless_api::InvalidRequest;
use deskless_domain::{
    Conversation, ConversationFilter, ConversationPatch, MessageDraft, Resolution, Resolved, Role, StatusChange,
};
use serde::Serialize;

/// The status of a conversation: our status, resolution and escalation together. A conversation that was escalated and then solved
/// shows how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserr, Serialize)]
#[deserr(error = InvalidRequest, rename_all = lowercase)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Active,
    Completed,
    Escalated,
    Abandoned,
}

impl Status {
    pub fn of(conversation: &Conversation) -> Self {
        match conversation.resolution {
            Some(Resolution::Abandoned) => Self::Abandoned,
            Some(Resolution::Completed | Resolution::Resolved | Resolution::Closed) => Self::Completed,
            None if conversation.escalated => Self::Escalated,
            None => Self::Active,
        }
    }

    /// Returns the filter that finds exactly the conversations that show this status.
    pub fn filter(self) -> ConversationFilter {
        use deskless_domain::Status::{Open, Solved, Waiting};
        let unsolved = |escalated| ConversationFilter {
            any_status: vec![Open, Waiting],
            escalated: Some(escalated),
            ..ConversationFilter::default()
        };
        let solved = |any_resolution| ConversationFilter {
            status: Some(Solved),
            any_resolution,
            ..ConversationFilter::default()
        };
        match self {
            Self::Active => unsolved(false),
            Self::Escalated => unsolved(true),
            Self::Completed => solved(vec![Resolution::Completed, Resolution::Resolved, Resolution::Closed]),
            Self::Abandoned => solved(vec![Resolution::Abandoned]),
        }
    }

    /// Returns the patch after which a conversation shows this status. A conversation that shows it already stays as it is.
    pub fn patch(self, conversation: &Conversation) -> ConversationPatch {
        let open = StatusChange::Status(Resolved::No(deskless_domain::Status::Open));
        let solved = |resolution| StatusChange::Status(Resolved::Yes(Some(resolution)));
        let is_solved = conversation.resolution.is_some();
        let (state, escalated) = match self {
            _ if Self::of(conversation) == self => (StatusChange::Keep, None),
            Self::Active => (open, Some(false)),
            Self::Completed => (solved(Resolution::Completed), None),
            Self::Abandoned => (solved(Resolution::Abandoned), None),
            Self::Escalated => (if is_solved { open } else { StatusChange::Keep }, Some(true)),
        };
        ConversationPatch { state, escalated, ..ConversationPatch::default() }
    }
}

/// Returns the role of a message. The customer does not see a note, so it is the system's.
pub fn role(draft: &MessageDraft) -> Role {
    if draft.is_reply() { draft.role } else { Role::System }
}
