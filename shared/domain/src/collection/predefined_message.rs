use serde::{Deserialize, Serialize};

use super::{Collected, Kind};
use crate::{
    Field, FileCategory, FileId, Invalid, InvalidField, KeyId, PredefinedMessageId, PredefinedMessageType, Template,
    Timestamp, Title,
};

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
    /// The file that comes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PredefinedFile>,
    /// Who made it.
    pub created_by: Author,
    /// When it last got another title, in milliseconds since 1970: then it moved in the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retitled_at: Option<i64>,
}

/// A file of the workspace, as far as a predefined message has to know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PredefinedFile {
    /// Which file.
    pub id: FileId,
    /// What kind of a file it is: it never changes.
    pub category: FileCategory,
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
    /// Checks that the file is of the kind that the message is of. One that is to have a file may be without it.
    ///
    /// # Errors
    /// When it is of another kind, or the message is of a kind that has no file.
    pub fn checked(self) -> Result<Self, InvalidField> {
        let wanted = match self.message_type {
            PredefinedMessageType::Image => Some(FileCategory::Image),
            PredefinedMessageType::Video => Some(FileCategory::Video),
            PredefinedMessageType::Audio => Some(FileCategory::Audio),
            PredefinedMessageType::Document => Some(FileCategory::File),
            PredefinedMessageType::Text | PredefinedMessageType::Location => None,
        };
        let message = match (self.file, wanted) {
            (None, _) => return Ok(self),
            (Some(file), Some(wanted)) if file.category == wanted => return Ok(self),
            (Some(file), Some(_)) => format!(
                "is of the category {}, which does not go with the messageType {}",
                file.category, self.message_type
            ),
            (Some(_), None) => format!("does not go with the messageType {}, which has no file", self.message_type),
        };
        Err(InvalidField::new(Field::File, Invalid::new("invalid", message)))
    }

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
