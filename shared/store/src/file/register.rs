use std::time::Duration;

use deskless_domain::{ConversationId, CustomerId, File, FileId, FileStatus};
use serde::Serialize;

use super::item::attributes;
use crate::{
    Once, Repeat, StoreError, TenantStore,
    backoff::Backoff,
    bucket::{Copied, Object},
    expression::{Update, number, text},
    item,
    transaction::{Outcome, Transaction},
};

/// For how long a registration may be at work: longer than a function lives.
const CLAIM_SECONDS: i64 = 30;

/// For how long an answer waits until what was uploaded is cleared away.
const CLEARING: Duration = Duration::from_secs(1);

/// What says that a conversation has a file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FileOfConversation {
    file_id: FileId,
}

impl TenantStore {
    /// AP-62: registers what was uploaded, and says what it is. A file that is registered already stays as it is.
    ///
    /// Looks at the object, claims the file in one write, copies the object and notes that it is there, in this order: a
    /// step that is interrupted can be taken again, and no object is left without a row.
    ///
    /// # Errors
    /// [`StoreError::NoSuchReference`] when there is no such file, [`StoreError::NotUploaded`],
    /// [`StoreError::UploadDiffers`], [`StoreError::IdempotencyKeyReused`], [`StoreError::Unavailable`].
    pub async fn register_file(&self, id: FileId, repeat: Option<Repeat<'_, File>>) -> Result<Once<File>, StoreError> {
        self.register_file_of(None, id, repeat).await
    }

    /// The same, but only in a conversation of this customer's, if there is one.
    pub(crate) async fn register_file_of(
        &self,
        owner: Option<&CustomerId>,
        id: FileId,
        repeat: Option<Repeat<'_, File>>,
    ) -> Result<Once<File>, StoreError> {
        let mut backoff = Backoff::new(self.clock());
        let (mut found, earlier) = tokio::try_join!(self.find_file(id, owner), self.replay(repeat.as_ref()))?;
        if let Some(answer) = earlier {
            return Ok(Once::Replayed(answer));
        }
        loop {
            let file = found.ok_or(StoreError::NoSuchReference("fileId"))?;
            if file.status == FileStatus::Ready {
                return self.answer_once(file, repeat).await;
            }
            if let Some(registered) = self.try_to_register(&file, repeat.as_ref(), &mut backoff).await? {
                return Ok(Once::Done(registered));
            }
            if let Some(answer) = self.replay(repeat.as_ref()).await? {
                return Ok(Once::Replayed(answer));
            }
            // Somebody else is at it, with the same file or with its conversation: everything is looked at again.
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("the file keeps changing".to_owned()));
            }
            found = self.find_file(id, owner).await?;
        }
    }

    /// `None`: something has changed on the way.
    async fn try_to_register(
        &self,
        file: &File,
        repeat: Option<&Repeat<'_, File>>,
        backoff: &mut Backoff<'_>,
    ) -> Result<Option<File>, StoreError> {
        let bucket = self.bucket()?;
        let (from, to) = (self.keys().pending_object(file.id), self.keys().file_object(file.id));
        let Some(object) = bucket.head(&from).await? else {
            // Whoever was faster has cleared it away behind them.
            let now = self.find_file(file.id, None).await?;
            return if now.is_some_and(|now| now.status == FileStatus::Ready) {
                Ok(None)
            } else {
                Err(StoreError::NotUploaded)
            };
        };
        check(file, &object)?;
        if !self.claim(file, &object.etag, backoff).await?
            || bucket.copy(&from, &object.etag, &to).await? == Copied::Changed
        {
            return Ok(None);
        }
        let ready = File { status: FileStatus::Ready, version: file.version + 1, ..file.clone() };
        if !self.note_ready(&ready, repeat, backoff).await? {
            // Nobody knows of the object any more, unless somebody else was faster with the same.
            if self.find_file(file.id, None).await?.is_none() {
                bucket.delete(&to).await?;
            }
            return Ok(None);
        }
        // If this fails, the bucket's lifecycle does it; nobody waits for it long.
        let _ = tokio::time::timeout(CLEARING, bucket.delete(&from)).await;
        Ok(Some(ready))
    }

    /// Makes sure that whoever deletes the conversation from now on finds the file, and that the table does not forget it.
    /// While one is at work on an object, others may register the same one only: what was uploaded over it meanwhile
    /// would come to lie under a file that somebody has seen already.
    async fn claim(&self, file: &File, etag: &str, backoff: &mut Backoff<'_>) -> Result<bool, StoreError> {
        let key = self.keys().file(file.id);
        let (mut update, condition) = pending();
        let now = self.clock().now();
        let until = now.plus_seconds(CLAIM_SECONDS);
        update.set(attributes::CLAIMED_UNTIL, number(until.as_millis()));
        update.set(attributes::CLAIMED_ETAG, text(etag));
        let now = update.value("now", number(now.as_millis()));
        let condition = format!(
            "{condition} AND (attribute_not_exists(#{until}) OR #{until} <= {now} OR #{etag} = :{etag})",
            until = attributes::CLAIMED_UNTIL,
            etag = attributes::CLAIMED_ETAG,
        );
        update.remove(attributes::EXPIRES_AT);
        let Some(conversation) = file.draft.conversation_id else {
            return self.update_where(key, update, &condition).await;
        };
        let mut transaction = Transaction::default();
        // Whose the conversation is was looked at, and that never changes.
        self.check_conversation(&mut transaction, conversation, None)?;
        transaction.put(self, self.file_of_conversation(conversation, file.id)?, None)?;
        transaction.update(self, key, update, &condition)?;
        Ok(matches!(transaction.commit(self, backoff).await?, Outcome::Committed))
    }

    fn file_of_conversation(&self, conversation: ConversationId, id: FileId) -> Result<item::Item, StoreError> {
        item::write(self.keys().file_of_conversation(conversation, id), &FileOfConversation { file_id: id })
    }

    async fn note_ready(
        &self,
        ready: &File,
        repeat: Option<&Repeat<'_, File>>,
        backoff: &mut Backoff<'_>,
    ) -> Result<bool, StoreError> {
        let key = self.keys().file(ready.id);
        let (mut update, condition) = pending();
        update.set(attributes::STATUS, text(FileStatus::Ready));
        update.set(attributes::VERSION, number(ready.version));
        update.remove(attributes::CLAIMED_UNTIL);
        update.remove(attributes::CLAIMED_ETAG);
        let Some(repeat) = repeat else { return self.update_where(key, update, &condition).await };
        let mut transaction = Transaction::default();
        transaction.update(self, key, update, &condition)?;
        self.remember(&mut transaction, repeat, ready)?;
        Ok(matches!(transaction.commit(self, backoff).await?, Outcome::Committed))
    }
}

/// An update of a file that is neither registered nor deleted.
fn pending() -> (Update, String) {
    let mut update = Update::default();
    let status = update.name(attributes::STATUS);
    let pending = update.value("pending", text(FileStatus::Pending));
    let condition = format!("attribute_not_exists({}) AND {status} = {pending}", attributes::DELETED_AT);
    (update, condition)
}

/// S3 holds an upload to what was signed. What came some other way is looked at as well.
fn check(file: &File, object: &Object) -> Result<(), StoreError> {
    let same = object.size == file.draft.size.bytes()
        && object.content_type.eq_ignore_ascii_case(file.draft.content_type.as_str());
    if same { Ok(()) } else { Err(StoreError::UploadDiffers) }
}
