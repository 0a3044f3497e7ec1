use crate::{ConversationId, LoggedEvent};

/// What keeps events in order: those of one subject are delivered one after another. A conversation, a customer, another object, or
/// one event that is sent again on request.
///
/// The text has no `#` and nothing that a customer wrote.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliverySubject(String);

const CONVERSATION: char = 'C';
const OBJECT: char = 'O';
const REPLAY: char = 'R';

impl DeliverySubject {
    /// Returns the subject of an event.
    #[must_use]
    pub fn of(event: &LoggedEvent) -> Self {
        if let Some(conversation) = event.content.conversation_id {
            return Self(format!("{CONVERSATION}{conversation}"));
        }
        Self(format!("{OBJECT}{}", event.subject.replace('#', "")))
    }

    /// Returns the subject of one event that is sent again: it neither waits for others nor holds them back.
    #[must_use]
    pub fn replay(sequence: u64) -> Self {
        Self(format!("{REPLAY}{sequence}"))
    }

    /// Restores a stored subject.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether this is an event that is sent again.
    #[must_use]
    pub fn is_replay(&self) -> bool {
        self.0.starts_with(REPLAY)
    }

    /// Returns the conversation, if the subject is one.
    #[must_use]
    pub fn conversation(&self) -> Option<ConversationId> {
        self.0.strip_prefix(CONVERSATION).and_then(ConversationId::parse)
    }
}
