use deskless_domain::{BodyLimit, Field, Invalid, InvalidField, Message, MessageBody, MessageContent};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{ContentObject, StoredMessage};
use crate::{StoreError, TenantStore};

/// The number of objects that are read concurrently.
const CONCURRENCY: usize = 16;

/// The most bytes of text and structured content on a page of messages: 1 MiB, or one message. A Lambda response is limited to
/// 6 MB, in which a text can take four times its size: JSON in JSON escapes each quotation mark twice.
const PAGE_BYTES: usize = 1024 * 1024;

/// Returns how many messages fit on a page, at least one.
pub(crate) fn fitting(messages: &[StoredMessage]) -> usize {
    let mut bytes = 0;
    let fits = |message: &&StoredMessage| {
        bytes += message.content_size();
        bytes <= PAGE_BYTES
    };
    messages.iter().take_while(fits).count().max(1)
}

/// The most bytes of text and structured content on a page by offset: 4 MiB. Such a page cannot end early, because the next one would
/// begin after messages that were not shown. A Lambda response is limited to 6 MB.
const OFFSET_PAGE_BYTES: usize = 4 * 1024 * 1024;

/// Checks that the messages of a page by offset fit into a response.
pub(crate) fn check_page(messages: &[StoredMessage]) -> Result<(), StoreError> {
    if messages.iter().map(StoredMessage::content_size).sum::<usize>() <= OFFSET_PAGE_BYTES {
        return Ok(());
    }
    let message = "is too high for these messages, which have more than 4 MiB of text. Use a lower one";
    Err(StoreError::InvalidField(InvalidField::new(Field::Limit, Invalid::new("too_large", message))))
}

impl TenantStore {
    /// AP-131: reads the object of a message that has one. Returns `None` if the message was deleted in the meantime.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when S3 does not respond.
    pub(crate) async fn complete_message(&self, stored: StoredMessage) -> Result<Option<Message>, StoreError> {
        let StoredMessage { head: mut message, object: Some(object) } = stored else { return Ok(Some(stored.head)) };
        let Some(bytes) = self.bucket()?.get(&self.keys().content_object(object.id)).await? else {
            let key = self.keys().message(message.conversation_id, message.id);
            return match self.get(key).await? {
                Some(_) => Err(StoreError::Internal(format!("the content of the message {} is missing", message.id))),
                None => Ok(None),
            };
        };
        let (body, content) = parts(object, bytes)
            .ok_or_else(|| StoreError::Internal(format!("the content of the message {} cannot be read", message.id)))?;
        (message.draft.body, message.draft.content) = (body, content);
        Ok(Some(message))
    }

    /// AP-131: reads the objects of a page's messages, at most 16 at once. Leaves out messages that were deleted in the meantime.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when S3 does not respond.
    pub(crate) async fn complete_messages(&self, stored: Vec<StoredMessage>) -> Result<Vec<Message>, StoreError> {
        if stored.iter().all(|message| message.object.is_none()) {
            return Ok(stored.into_iter().map(|message| message.head).collect());
        }
        let messages = stream::iter(stored).map(|message| self.complete_message(message)).buffered(CONCURRENCY);
        messages.try_filter_map(|message| std::future::ready(Ok(message))).try_collect().await
    }
}

/// Splits an object into the text and the structured content.
fn parts(object: ContentObject, bytes: Vec<u8>) -> Option<(Option<MessageBody>, Option<MessageContent>)> {
    let mut body = String::from_utf8(bytes).ok().filter(|text| text.len() == object.size())?;
    if !body.is_char_boundary(object.body as usize) {
        return None;
    }
    let content = body.split_off(object.body as usize);
    let body = if body.is_empty() { None } else { Some(MessageBody::parse_within(body, BodyLimit::MAX).ok()?) };
    let content = if content.is_empty() { None } else { Some(MessageContent::from_json(content).ok()?) };
    Some((body, content))
}
