//! Registers an uploaded file, one write at a time.
//!
//! Uploads are at `pending/{workspace}/{id}`, registered files at `files/{workspace}/{id}`. S3 gets three requests: read
//! the upload, copy it on the condition of its `ETag`, delete it. Every object at `files/` has an item: before the copy,
//! the file's item loses its expiry and is listed under its conversation, so that a removal finds it from then on.

use deskless_domain::{ConversationId, File, FileId, FileStatus};
use serde::Serialize;

use super::item::attributes;
use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    bucket::Copied,
    condition::Condition,
    expression::{Update, number, text},
    idempotency::{Attempt, Attempts},
    item,
    transaction::{Commit, Transaction},
};

/// How long a registration may run: 30 s, longer than a function's timeout.
const CLAIM_SECONDS: i64 = 30;

/// An object that was uploaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedObject {
    /// The size in bytes.
    pub size: u64,
    /// The content type.
    pub content_type: String,
    /// The entity tag.
    pub etag: String,
}

/// The item that lists a file under its conversation.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FileOfConversationItem {
    file_id: FileId,
}

impl TenantStore {
    /// AP-62: reads the properties of the object uploaded for a pending file. Returns `None` if there is no upload.
    ///
    /// # Errors
    /// When S3 does not respond.
    pub async fn uploaded_object(&self, file: &File) -> Result<Option<UploadedObject>, StoreError> {
        let object = self.bucket()?.head(&self.keys().pending_object(file.id)).await?;
        Ok(object.map(|object| UploadedObject {
            size: object.size,
            content_type: object.content_type,
            etag: object.etag,
        }))
    }

    /// AP-62: claims a pending file for the registration of one object, and lists it under its conversation. While the
    /// claim holds, only the same object can be registered: otherwise an object uploaded later could replace the content of
    /// a registered file. Returns false if another registration holds the claim, or the file or its conversation has
    /// changed.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn claim_upload(&self, file: &File, etag: &str) -> Result<bool, StoreError> {
        let key = self.keys().file(file.id);
        let now = self.clock().now();
        let mut update = Update::default();
        update.set(attributes::CLAIMED_UNTIL, number(now.plus_seconds(CLAIM_SECONDS).as_millis()));
        update.set(attributes::CLAIMED_ETAG, text(etag));
        update.remove(attributes::EXPIRES_AT);
        let mut condition = is_pending();
        let (until, tag) = (condition.name(attributes::CLAIMED_UNTIL), condition.name(attributes::CLAIMED_ETAG));
        let (now, etag) = (condition.value(number(now.as_millis())), condition.value(text(etag)));
        let free = format!("(attribute_not_exists({until}) OR {until} <= {now} OR {tag} = {etag})");
        let condition = condition.and(free);
        let Some(conversation) = file.draft.conversation_id else {
            return self.update_if(key, update, condition).await;
        };
        let mut transaction = Transaction::default();
        // The caller has checked the conversation's customer, who never changes.
        self.check_conversation(&mut transaction, conversation, None)?;
        transaction.put(self, self.file_of_conversation(conversation, file.id)?, Condition::none())?;
        transaction.update(self, key, update, condition)?;
        let commit = transaction.commit(self, &mut self.backoff()).await?;
        Ok(matches!(commit, Commit::Done))
    }

    /// AP-62: copies an upload to its final key, to which the uploader cannot write. Returns false if the upload has been
    /// replaced or deleted.
    ///
    /// # Errors
    /// When S3 does not respond.
    pub async fn keep_upload(&self, file: &File, etag: &str) -> Result<bool, StoreError> {
        let (from, to) = (self.keys().pending_object(file.id), self.keys().file_object(file.id));
        Ok(self.bucket()?.copy(&from, etag, &to).await? == Copied::Done)
    }

    /// AP-62: marks a file as ready. Returns `None` if it is no longer pending.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn mark_ready(
        &self,
        ready: &File,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<Once<File>>, StoreError> {
        let mut update = Update::default();
        update.set(attributes::STATUS, text(FileStatus::Ready));
        update.set(attributes::VERSION, number(ready.version));
        update.set(attributes::ACTOR, text(self.actor_text()));
        update.remove(attributes::CLAIMED_UNTIL);
        update.remove(attributes::CLAIMED_ETAG);
        let file = self.keys().file(ready.id);
        if key.is_none() {
            let is_marked = self.update_if(file, update, is_pending()).await?;
            return Ok(is_marked.then(|| Once::first(ready.clone())));
        }
        let mut transaction = Transaction::default();
        transaction.update(self, file, update, is_pending())?;
        match Attempts::new(self, key).commit(transaction, ready).await? {
            Attempt::Committed => Ok(Some(Once::first(ready.clone()))),
            Attempt::Replayed(earlier) => Ok(Some(Once::replay(earlier))),
            Attempt::Failed(_) => Ok(None),
        }
    }

    /// AP-62, AP-65: deletes an upload.
    ///
    /// # Errors
    /// When S3 does not respond.
    pub async fn delete_upload(&self, id: FileId) -> Result<(), StoreError> {
        self.bucket()?.delete(&self.keys().pending_object(id)).await
    }

    /// AP-62, AP-65: deletes the object of a registered file.
    ///
    /// # Errors
    /// When S3 does not respond.
    pub async fn delete_object(&self, id: FileId) -> Result<(), StoreError> {
        self.bucket()?.delete(&self.keys().file_object(id)).await
    }

    fn file_of_conversation(&self, conversation: ConversationId, id: FileId) -> Result<item::Item, StoreError> {
        item::write(self.keys().file_of_conversation(conversation, id), &FileOfConversationItem { file_id: id })
    }
}

/// Returns the condition that a file is neither registered nor deleted.
fn is_pending() -> Condition {
    Condition::none().missing(attributes::DELETED_AT).equals(attributes::STATUS, text(FileStatus::Pending))
}
