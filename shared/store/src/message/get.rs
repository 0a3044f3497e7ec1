use deskless_domain::{ConversationId, Message, MessageId};

use super::item;
use crate::{StoreError, TenantStore, conversation::attributes};

impl TenantStore {
    /// One message, read strongly together with its conversation: a message of a conversation that is being deleted
    /// is gone with it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such conversation or it has no such message.
    pub async fn get_message(&self, conversation: ConversationId, id: MessageId) -> Result<Message, StoreError> {
        let keys = self.keys();
        let (thread, message) =
            tokio::try_join!(self.get(keys.conversation(conversation)), self.get(keys.message(conversation, id)))?;
        match (thread, message) {
            (Some(thread), Some(message)) if !thread.contains_key(attributes::DELETED_AT) => {
                item::read(conversation, message)
            }
            _ => Err(StoreError::NotFound),
        }
    }
}
