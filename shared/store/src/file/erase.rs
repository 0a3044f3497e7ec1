//! What a deleted file leaves behind.

use deskless_domain::{ConversationId, FileId};

use super::item::{attributes, claimed_for};
use crate::{
    StoreError, TenantStore,
    item::{Item, string},
    keys::Key,
};

/// A file was deleted.
#[derive(Debug)]
pub struct FileChange {
    /// The workspace's items.
    pub tenant: TenantStore,
    /// The file.
    pub id: FileId,
    /// The conversation that had it; `None` for a file of the workspace.
    pub conversation: Option<ConversationId>,
}

impl FileChange {
    /// Reads a change of a file's row. Returns `None` unless the file was deleted.
    pub(crate) fn of(tenant: TenantStore, id: FileId, after: &Item) -> Option<Self> {
        let conversation = string(after, "conversationId").and_then(ConversationId::parse);
        after.contains_key(attributes::DELETED_AT).then_some(Self { tenant, id, conversation })
    }
}

impl TenantStore {
    /// AP-65: returns for how many milliseconds more a registration may be at work on a file; 0 when none is.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn upload_claimed_for(&self, id: FileId) -> Result<u64, StoreError> {
        let row = self.get(self.keys().file(id)).await?;
        Ok(row.map_or(0, |row| claimed_for(&row, self.clock().now())))
    }

    /// AP-65: removes what lists a file under its conversation.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn remove_file_of_conversation(
        &self,
        conversation: ConversationId,
        id: FileId,
    ) -> Result<(), StoreError> {
        self.delete_row(self.keys().file_of_conversation(conversation, id)).await
    }

    /// AP-65: removes a file's row.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn remove_file(&self, id: FileId) -> Result<(), StoreError> {
        self.delete_row(self.keys().file(id)).await
    }

    async fn delete_row(&self, key: Key) -> Result<(), StoreError> {
        let request = self.client().delete_item().table_name(self.table()).set_key(Some(key.attributes()));
        request.send().await.map(drop).map_err(|e| StoreError::from_sdk(&e))
    }
}
