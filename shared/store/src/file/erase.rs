//! Removes the items of a deleted file.

use deskless_domain::{ConversationId, FileId};

use super::item::{attributes, claimed_for};
use crate::{
    StoreError, TenantStore,
    item::{Item, string},
    keys::Key,
};

/// The deletion of a file.
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
    /// Parses an image of a file's item. Returns `None` unless the file was deleted.
    pub(crate) fn of(tenant: TenantStore, id: FileId, after: &Item) -> Option<Self> {
        let conversation = string(after, "conversationId").and_then(ConversationId::parse);
        after.contains_key(attributes::DELETED_AT).then_some(Self { tenant, id, conversation })
    }
}

impl TenantStore {
    /// AP-65: returns how many milliseconds longer a registration may be running; 0 if none is.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn upload_claimed_for(&self, id: FileId) -> Result<u64, StoreError> {
        let item = self.get(self.keys().file(id)).await?;
        Ok(item.map_or(0, |item| claimed_for(&item, self.clock().now())))
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
        self.delete_item(self.keys().file_of_conversation(conversation, id)).await
    }

    /// AP-65: removes a file's own item.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn remove_file(&self, id: FileId) -> Result<(), StoreError> {
        self.delete_item(self.keys().file(id)).await
    }

    async fn delete_item(&self, key: Key) -> Result<(), StoreError> {
        let request = self.client().delete_item().table_name(self.table()).set_key(Some(key.attributes()));
        request.send().await.map(drop).map_err(|e| StoreError::from_sdk(&e))
    }
}
