//! Removes the items of a deleted file.

use deskless_domain::{ConversationId, FileId, Timestamp};

use super::item::{JOB, attributes, claimed_until};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, text},
    item::{Item, string},
};

/// How long after the end of a registration's claim the item of its file expires, in seconds.
const EXPIRES_AFTER_SECONDS: i64 = 60;

/// A file that was deleted, or whose item has expired after its deletion.
#[derive(Debug)]
pub struct FileChange {
    /// The store of the workspace.
    pub tenant: TenantStore,
    /// The file.
    pub id: FileId,
    /// The conversation of the file; `None` for a file of the workspace.
    pub conversation: Option<ConversationId>,
}

impl FileChange {
    /// Derives the change between two images of a file's item. Returns `None` if there is nothing to erase.
    pub(crate) fn of(tenant: TenantStore, id: FileId, before: &Item, after: &Item) -> Option<Self> {
        let has = |item: &Item, attribute| item.contains_key(attribute);
        let (item, is_due) = if after.is_empty() {
            (before, has(before, attributes::DELETED_AT) && has(before, attributes::EXPIRES_AT))
        } else {
            // An item with an expiry waits for it.
            (after, has(after, attributes::DELETED_AT) && !has(after, attributes::EXPIRES_AT))
        };
        let conversation = string(item, "conversationId").and_then(ConversationId::parse);
        is_due.then_some(Self { tenant, id, conversation })
    }
}

impl TenantStore {
    /// AP-65: returns until when a registration of a file may be running; `None` if none is.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn upload_claimed_until(&self, id: FileId) -> Result<Option<Timestamp>, StoreError> {
        let item = self.get(self.keys().file(id)).await?;
        Ok(item.and_then(|item| claimed_until(&item, self.clock().now())))
    }

    /// AP-65: lets the item of a deleted file expire after the registration that may be running. When DynamoDB removes the
    /// item, the file is erased once more. Until then the object that the registration may leave behind has an item, and
    /// nobody can download it.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn expire_file(&self, id: FileId, claimed_until: Timestamp) -> Result<(), StoreError> {
        let expires_at = claimed_until.plus_seconds(EXPIRES_AFTER_SECONDS).as_seconds();
        let mut update = Update::default();
        update.set_if_empty(attributes::DELETED_AT, number(self.clock().now().as_millis()));
        update.set(attributes::EXPIRES_AT, number(expires_at));
        update.set("job", text(JOB));
        self.update_if(self.keys().file(id), update, Condition::exists()).await.map(drop)
    }

    /// AP-65: removes the item that lists a file under its conversation.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn remove_file_of_conversation(
        &self,
        conversation: ConversationId,
        id: FileId,
    ) -> Result<(), StoreError> {
        self.delete(self.keys().file_of_conversation(conversation, id)).await
    }

    /// AP-65: removes a file's own item.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn remove_file(&self, id: FileId) -> Result<(), StoreError> {
        self.delete(self.keys().file(id)).await
    }
}
