//! The keys of what is in the bucket: files, and the content of long messages.

use deskless_domain::{ContentId, ConversationId, FileId};

use super::{FILE, Key, SELF, TenantKeys};
use crate::packed::pack;

impl TenantKeys {
    /// Returns the key of a file's own item.
    pub fn file(self, id: FileId) -> Key {
        Key::new(format!("{}#F#{}", self.prefix(), pack(id)), SELF)
    }

    /// Returns the key of the item that lists a file under its conversation.
    pub fn file_of_conversation(self, conversation: ConversationId, id: FileId) -> Key {
        Key::new(self.thread(conversation), format!("{FILE}{}", pack(id)))
    }

    /// Returns the key of the item of an object that has the content of a long message.
    pub fn content(self, id: ContentId) -> Key {
        Key::new(format!("{}#T#{}", self.prefix(), pack(id)), SELF)
    }

    /// Returns the S3 key of the content of a long message.
    pub fn content_object(self, id: ContentId) -> String {
        format!("content/{}/{id}", self.0)
    }

    /// Returns the S3 key to which a file is uploaded.
    pub fn pending_object(self, id: FileId) -> String {
        format!("pending/{}/{id}", self.0)
    }

    /// Returns the S3 key of a registered file. Its uploader cannot write to it.
    pub fn file_object(self, id: FileId) -> String {
        format!("files/{}/{id}", self.0)
    }
}
