use deskless_domain::{ContentId, MessageDraft};
use serde::Serialize;

use super::{ContentObject, INLINE_BYTES, size};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, text},
    item,
    transaction::{Transaction, WriteIndex},
};

/// How long an object is kept without a message: 24 hours, much longer than any request takes.
const KEPT_FOR_SECONDS: i64 = 24 * 60 * 60;

/// The value of the attribute `job` on the item of an object without a message. The stream's filter matches items with this
/// attribute, and their expiry.
const JOB: &str = "erasure";

pub(super) mod attributes {
    pub(in crate::content) const EXPIRES_AT: &str = "expiresAt";
    pub(in crate::content) const JOB: &str = "job";
}

/// The item of an object. The id is in the key.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContentItem {
    /// Present as long as no message refers to the object.
    job: &'static str,
    expires_at: i64,
}

impl TenantStore {
    /// AP-130: stores the content of a message that is too long for its item. Returns `None` for one that fits.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the table or S3 does not respond. Nothing is left behind.
    pub(crate) async fn store_content(&self, draft: &MessageDraft) -> Result<Option<ContentObject>, StoreError> {
        if size(draft) <= INLINE_BYTES {
            return Ok(None);
        }
        let body = draft.body.as_ref().map_or("", |body| body.as_str());
        let content = draft.content.as_ref().map_or("", |content| content.json());
        let length = |part: &str| u32::try_from(part.len()).unwrap_or(u32::MAX);
        let id = ContentId::generate(self.clock());
        let object = ContentObject { id, body: length(body), content: length(content) };
        let bucket = self.bucket()?;
        let expires_at = self.clock().now().plus_seconds(KEPT_FOR_SECONDS).as_seconds();
        let mut transaction = Transaction::default();
        let claim = item::write(self.keys().content(id), &ContentItem { job: JOB, expires_at })?;
        transaction.put(self, claim, Condition::none())?;
        transaction.commit(self, &mut self.backoff()).await?;
        let stored = bucket.put(&self.keys().content_object(id), "text/plain", [body, content].concat().into()).await;
        if let Err(error) = stored {
            self.discard_content(Some(object)).await;
            return Err(error);
        }
        Ok(Some(object))
    }

    /// AP-130: adds the update of an object's item to the transaction of the message that refers to it. The object is kept from
    /// then on. Its condition fails for an object that has expired or was given up.
    pub(crate) fn keep_content(
        &self,
        transaction: &mut Transaction,
        object: Option<&ContentObject>,
    ) -> Result<Option<WriteIndex>, StoreError> {
        let Some(object) = object else { return Ok(None) };
        let mut update = Update::default();
        update.remove(attributes::EXPIRES_AT);
        update.remove(attributes::JOB);
        let is_unused = Condition::none().present(attributes::EXPIRES_AT);
        transaction.update(self, self.keys().content(object.id), update, is_unused).map(Some)
    }

    /// AP-132: adds the update of an object's item to the transaction that deletes its message. The table's stream triggers the
    /// removal of the object.
    pub(crate) fn release_content(
        &self,
        transaction: &mut Transaction,
        object: Option<&ContentObject>,
    ) -> Result<(), StoreError> {
        let Some(object) = object else { return Ok(()) };
        let mut update = Update::default();
        update.set(attributes::JOB, text(JOB));
        transaction.update(self, self.keys().content(object.id), update, Condition::exists()).map(drop)
    }

    /// AP-130: gives up an object that no message refers to. The table's stream triggers its removal. Does nothing to one that a
    /// message refers to, so that it can be called after a write whose outcome is unknown. Errors are ignored, because the object
    /// expires.
    pub(crate) async fn discard_content(&self, object: Option<ContentObject>) {
        let Some(object) = object else { return };
        let mut update = Update::default();
        update.remove(attributes::EXPIRES_AT);
        let is_unused = Condition::none().present(attributes::EXPIRES_AT);
        let _ = self.update_if(self.keys().content(object.id), update, is_unused).await;
    }
}
