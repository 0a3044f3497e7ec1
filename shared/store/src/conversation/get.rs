use deskless_domain::{Conversation, ConversationId};

use super::item::{StoredConversation, unless_deleted};
use crate::{MessagePage, StoreError, TenantStore, Thread};

impl TenantStore {
    /// AP-08: reads one conversation, strongly consistent. Metadata larger than 1 KiB is an item of its own, which takes
    /// one more read. Large metadata therefore costs nothing in indexes and messages.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such conversation.
    pub async fn get_conversation(&self, id: ConversationId) -> Result<Conversation, StoreError> {
        let item = self.get(self.keys().conversation(id)).await?.ok_or(StoreError::NotFound)?;
        self.complete(StoredConversation::read(item)?.ok_or(StoreError::NotFound)?).await
    }

    /// AP-33: returns whether the workspace has a conversation that is not deleted, strongly consistent.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn has_conversation(&self, id: ConversationId) -> Result<bool, StoreError> {
        Ok(unless_deleted(self.get(self.keys().conversation(id)).await?.as_ref()).is_some())
    }

    /// AP-08 and AP-14: reads a conversation and a page of its thread at the same time.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such conversation.
    pub async fn get_conversation_with_messages(
        &self,
        thread: Thread,
    ) -> Result<(Conversation, MessagePage), StoreError> {
        let (conversation, page) =
            tokio::try_join!(self.get_conversation(thread.conversation), self.query_thread(thread))?;
        Ok((conversation, self.complete_page(page).await?))
    }
}
