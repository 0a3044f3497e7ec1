use deskless_domain::{ConversationId, Message, MessageId};
use serde::{Deserialize, Serialize};

use super::item as message;
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    content::StoredMessage,
    conversation::unless_deleted,
    item::{self, Item, string},
    packed::{self, unpack},
    transaction::{Transaction, WriteIndex},
};

/// The claim that makes a provider's message id unique in a conversation. It is never released, so that a provider's retry
/// does not create a deleted message again.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProviderMessageItem {
    #[serde(with = "packed")]
    message_id: MessageId,
}

impl TenantStore {
    /// AP-30: adds the claim on a message's externalId, if it has one, to the message's transaction. A repeat fails the
    /// claim's condition and reads the message that the claim names.
    pub(crate) fn claim_provider_id(
        &self,
        transaction: &mut Transaction,
        message: &Message,
        condition: Condition,
    ) -> Result<Option<WriteIndex>, StoreError> {
        let Some(external_id) = &message.draft.external_id else { return Ok(None) };
        let claim = ProviderMessageItem { message_id: message.id };
        let key = self.keys().provider_message(message.conversation_id, external_id);
        transaction.put(self, item::write(key, &claim)?, condition).map(Some)
    }

    /// Reads the message that holds a claim.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the conversation does not exist; [`StoreError::MessageDeleted`] when the message was
    /// deleted.
    pub(super) async fn claimed_message(
        &self,
        conversation: ConversationId,
        claim: Option<&Item>,
    ) -> Result<StoredMessage, StoreError> {
        let keys = self.keys();
        let id = claimant(claim)?;
        let (thread, found) =
            tokio::try_join!(self.get(keys.conversation(conversation)), self.get(keys.message(conversation, id)))?;
        unless_deleted(thread.as_ref()).ok_or(StoreError::NotFound)?;
        message::read(conversation, found.ok_or(StoreError::MessageDeleted)?)
    }
}

/// Returns the message that holds a claim.
pub(super) fn claimant(claim: Option<&Item>) -> Result<MessageId, StoreError> {
    claim
        .and_then(|item| string(item, "messageId"))
        .and_then(unpack)
        .ok_or_else(|| StoreError::Internal("the message of a claimed externalId cannot be read".to_owned()))
}
