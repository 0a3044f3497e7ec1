//! Files and attachments.

use crate::{
    ContentType, ConversationId, FileCategory, FileId, FileStatus, Invalid, Timestamp,
    text::{Lines, check, pattern, schema, string_type},
};

/// A file name: 1 to 255 characters on one line. It is not a path, so slashes have no meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileTitle(String);

impl FileTitle {
    /// The most characters (Unicode scalar values).
    pub const MAX: usize = 255;

    /// Checks length and characters.
    ///
    /// # Errors
    /// When the text is empty, blank, too long or has control characters.
    pub fn parse(text: String) -> Result<Self, Invalid> {
        check(&text, Self::MAX, Lines::One).map(|()| Self(text))
    }
}

string_type!(FileTitle, schema = schema("A file name.", FileTitle::MAX, pattern(Lines::One)));

/// The size of a file: 1 to 26,214,400 bytes (25 MiB).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct FileSize(u64);

impl FileSize {
    /// The most bytes.
    pub const MAX: u64 = 25 * 1024 * 1024;

    /// Checks the limits.
    ///
    /// # Errors
    /// When the size is 0 or more than 25 MiB.
    pub fn new(bytes: u64) -> Result<Self, Invalid> {
        match bytes {
            0 => Err(Invalid::new("too_small", "must be at least 1 byte")),
            1..=Self::MAX => Ok(Self(bytes)),
            _ => {
                let message = format!("must be at most {} bytes (25 MiB); it is {bytes}", Self::MAX);
                Err(Invalid::new("too_large", message))
            }
        }
    }

    /// Returns the number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

/// The properties of a file to upload.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileDraft {
    /// The conversation that the file belongs to; `None` for a file of the workspace.
    pub conversation_id: Option<ConversationId>,
    /// The name.
    pub name: FileTitle,
    /// The content type.
    pub content_type: ContentType,
    /// The size.
    pub size: FileSize,
}

/// A file, uploaded or pending.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct File {
    /// The id, which contains the time of creation.
    pub id: FileId,
    /// The properties.
    pub draft: FileDraft,
    /// The status.
    pub status: FileStatus,
    /// Whether the customer of its conversation can see it: they signed it themselves, or a reply has it as an attachment. A file
    /// of a note stays internal.
    #[serde(default)]
    pub shared: bool,
    /// The version. Each update increments it.
    pub version: u64,
}

impl File {
    /// Returns the time at which the upload was signed, from the id.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.id.time()
    }

    /// Returns the category.
    #[must_use]
    pub fn category(&self) -> FileCategory {
        self.draft.content_type.category()
    }
}

/// A file as a message shows it. It is a copy, which stays when the file is deleted.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Attachment {
    /// The file.
    pub file_id: FileId,
    /// The name.
    pub name: FileTitle,
    /// The content type.
    pub content_type: ContentType,
    /// The size.
    pub size: FileSize,
}

impl Attachment {
    /// The most attachments of a message.
    pub const MAX: usize = 10;

    /// Adds an attachment to those of a message, unless it is among them.
    ///
    /// # Errors
    /// When there would be more than ten.
    pub fn add(attachments: &mut Vec<Self>, file: Self) -> Result<(), Invalid> {
        if attachments.iter().all(|known| known.file_id != file.file_id) {
            attachments.push(file);
        }
        if attachments.len() > Self::MAX {
            let message = format!("must have at most {} entries, including the predefined message's file", Self::MAX);
            return Err(Invalid::new("too_many", message));
        }
        Ok(())
    }
}

impl From<File> for Attachment {
    fn from(File { id, draft, .. }: File) -> Self {
        Self { file_id: id, name: draft.name, content_type: draft.content_type, size: draft.size }
    }
}

#[cfg(test)]
mod tests {
    use super::FileSize;

    #[test]
    fn file_size_is_limited_to_25_mib() {
        assert!(FileSize::new(0).is_err());
        assert!(FileSize::new(1).is_ok());
        assert!(FileSize::new(26_214_400).is_ok());
        assert!(FileSize::new(26_214_401).is_err());
    }
}
