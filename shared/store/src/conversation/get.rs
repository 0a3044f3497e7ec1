use deskless_domain::{Conversation, ConversationId};

use super::item::Found;
use crate::{StoreError, TenantStore};

impl TenantStore {
    /// AP-08: one conversation, read strongly. One with more than 1 KiB of metadata takes a second read.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such conversation.
    pub async fn get_conversation(&self, id: ConversationId) -> Result<Conversation, StoreError> {
        let item = self.get(self.keys().conversation(id)).await?.ok_or(StoreError::NotFound)?;
        self.complete(Found::read(item)?.ok_or(StoreError::NotFound)?).await
    }
}
