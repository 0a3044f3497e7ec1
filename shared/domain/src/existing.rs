use crate::{ConversationId, MemberId, MessageId, Scope};

/// The object that a command conflicts with: it has what the command wants to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// A conversation.
    Conversation(ConversationId),
    /// A message of a conversation.
    Message(ConversationId, MessageId),
    /// A member.
    Member(MemberId),
}

impl Existing {
    /// Returns the scope that an API key needs to learn which object it is.
    #[must_use]
    pub const fn scope(self) -> Scope {
        match self {
            Self::Conversation(_) | Self::Message(..) => Scope::ReadConversations,
            Self::Member(_) => Scope::ReadWorkspace,
        }
    }
}
