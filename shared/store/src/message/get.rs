use deskless_domain::{ConversationId, Message, MessageId};

use super::item;
use crate::{StoreError, TenantStore, content::StoredMessage, conversation::unless_deleted};

impl TenantStore {
    /// Reads one message and its conversation, strongly consistent. Messages of a conversation that is being deleted are
    /// not found.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such conversation or it has no such message.
    pub async fn get_message(&self, conversation: ConversationId, id: MessageId) -> Result<Message, StoreError> {
        let stored = self.stored_message(conversation, id).await?;
        self.complete_message(stored).await?.ok_or(StoreError::NotFound)
    }

    /// Checks that a conversation has a message, without reading its long content.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] as [`TenantStore::get_message`].
    pub async fn check_message(&self, conversation: ConversationId, id: MessageId) -> Result<(), StoreError> {
        self.stored_message(conversation, id).await.map(drop)
    }

    async fn stored_message(&self, conversation: ConversationId, id: MessageId) -> Result<StoredMessage, StoreError> {
        let keys = self.keys();
        let (thread, message) =
            tokio::try_join!(self.get(keys.conversation(conversation)), self.get(keys.message(conversation, id)))?;
        unless_deleted(thread.as_ref()).ok_or(StoreError::NotFound)?;
        item::read(conversation, message.ok_or(StoreError::NotFound)?)
    }
}
