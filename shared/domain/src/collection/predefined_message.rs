use serde::{Deserialize, Serialize};

use super::{Collected, Kind};
use crate::{KeyId, PredefinedMessageId, PredefinedMessageType, Template, Timestamp, Title};

/// A text that is said again and again, with gaps for what is different each time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PredefinedMessage {
    /// What people look for it by.
    pub title: Title,
    /// What is said.
    pub content: Template,
    /// What kind of message it makes.
    pub message_type: PredefinedMessageType,
    /// Who made it.
    pub created_by: Author,
    /// When it last got another title, in milliseconds since 1970: then it moved in the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retitled_at: Option<i64>,
}

/// The API key that something was made with, as it was called then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Which key.
    pub id: KeyId,
    /// What it was called.
    pub name: Title,
}

impl PredefinedMessage {
    /// This message with another title.
    #[must_use]
    pub fn retitled(self, title: Title, now: Timestamp) -> Self {
        let retitled_at = if title == self.title { self.retitled_at } else { Some(now.as_millis()) };
        Self { title, retitled_at, ..self }
    }
}

impl Collected for PredefinedMessage {
    type Id = PredefinedMessageId;
    const KIND: Kind = Kind::PredefinedMessage;
    const IS_REFERRED_TO: bool = false;

    fn sort_text(&self) -> Option<&str> {
        Some(self.title.as_str())
    }
}
