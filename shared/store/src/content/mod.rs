//! Long content: the text and structured content of a message that do not fit into its item, as one object in the bucket.
//!
//! An object is written before the item that refers to it. Its own item is written first of all. That item tells what becomes of the
//! object:
//!
//! | attributes | state |
//! |---|---|
//! | `job`, `expiresAt` | No message refers to the object yet. It is removed when its item expires, after a day. |
//! | none | A message refers to the object. The message's transaction removed both attributes. |
//! | `job` | The message was deleted, or was never written. The table's stream triggers the removal. |
//!
//! So every object has an item, and an object without a message is removed, whatever fails.

mod erase;
mod read;
mod write;

use deskless_domain::{ContentId, Message, MessageBody, MessageDraft};
pub use erase::ContentChange;
pub(crate) use read::{check_page, fitting};
use serde::{Deserialize, Serialize};

use crate::packed;

/// The most bytes of text and structured content in a message's item: 8 KiB. `ACCESS_PATTERNS.md` compares the costs.
pub(crate) const INLINE_BYTES: usize = 8 * 1024;

/// The object that has the text and the structured content of a message, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ContentObject {
    #[serde(rename = "i", with = "packed")]
    pub id: ContentId,
    /// The size of the text in bytes; 0 if there is none.
    #[serde(rename = "b")]
    body: u32,
    /// The size of the structured content in bytes; 0 if there is none.
    #[serde(rename = "c")]
    content: u32,
}

impl ContentObject {
    /// Returns the size in bytes.
    pub fn size(self) -> usize {
        self.body as usize + self.content as usize
    }
}

/// A message as its item has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredMessage {
    /// The message. If its content is an object, it has only the beginning of the text.
    pub head: Message,
    /// The object with the text and the structured content.
    pub object: Option<ContentObject>,
}

impl StoredMessage {
    /// Returns the size of text and structured content in bytes.
    pub fn content_size(&self) -> usize {
        self.object.map_or_else(|| size(&self.head.draft), ContentObject::size)
    }
}

/// Returns the size of a draft's text and structured content in bytes.
fn size(draft: &MessageDraft) -> usize {
    draft.body.as_ref().map_or(0, |body| body.as_str().len())
        + draft.content.as_ref().map_or(0, |content| content.json().len())
}

/// Returns the part of a draft that is in the message's item if its content is an object. The preview is enough for lists.
pub(crate) fn head_of(draft: &MessageDraft) -> MessageDraft {
    // A text that begins with many invisible characters has no preview.
    let body = draft.body.as_ref().and_then(|_| MessageBody::parse(draft.preview()).ok());
    MessageDraft { body, content: None, ..draft.clone() }
}
