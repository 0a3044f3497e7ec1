use serde::{Deserialize, Serialize};

use super::{Collected, Kind};
use crate::{
    Field, FileCategory, FileId, Invalid, InvalidField, KeyId, PredefinedMessageId, PredefinedMessageType, Template,
    Timestamp, Title,
};

/// A predefined message: a reply that is saved as a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PredefinedMessage {
    /// The title, by which the list is sorted.
    pub title: Title,
    /// The text, with variables.
    pub content: Template,
    /// The type of message that it creates.
    pub message_type: PredefinedMessageType,
    /// The attached file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PredefinedFile>,
    /// The API key that created it.
    pub created_by: Author,
    /// The time of the last title change, in milliseconds since 1970. A title change moves it in the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retitled_at: Option<i64>,
}

/// The attached file of a predefined message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PredefinedFile {
    /// The file.
    pub id: FileId,
    /// The category, which never changes.
    pub category: FileCategory,
}

/// The API key that created a resource, with its name at that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The API key.
    pub id: KeyId,
    /// The name of the key.
    pub name: Title,
}

impl PredefinedMessage {
    /// Checks that the category of the file fits the message type. A message of a type with a file may have none.
    ///
    /// # Errors
    /// When the category differs, or the message type has no file.
    pub fn checked(self) -> Result<Self, InvalidField> {
        let expected = match self.message_type {
            PredefinedMessageType::Image => Some(FileCategory::Image),
            PredefinedMessageType::Video => Some(FileCategory::Video),
            PredefinedMessageType::Audio => Some(FileCategory::Audio),
            PredefinedMessageType::Document => Some(FileCategory::File),
            PredefinedMessageType::Text | PredefinedMessageType::Location => None,
        };
        let message = match (self.file, expected) {
            (None, _) => return Ok(self),
            (Some(file), Some(expected)) if file.category == expected => return Ok(self),
            (Some(file), Some(expected)) => format!(
                "must be a file of the category {expected} for the `messageType` {}; it is {}",
                self.message_type, file.category
            ),
            (Some(_), None) => format!("must be left out: the `messageType` {} has no file", self.message_type),
        };
        Err(InvalidField::new(Field::File, Invalid::new("invalid", message)))
    }

    /// Changes the title.
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
    const INTERNAL_FIELDS: &'static [&'static str] = &["createdBy", "retitledAt"];

    fn sort_text(&self) -> Option<&str> {
        Some(self.title.as_str())
    }
}
