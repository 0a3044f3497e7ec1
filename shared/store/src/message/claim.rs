use deskless_domain::{ConversationId, Message, MessageId};
use serde::{Deserialize, Serialize};

use super::item as message;
use crate::{
    StoreError, TenantStore,
    conversation::attributes,
    item::{self, string},
    transaction::{Slot, Standing, Transaction},
};

/// The item that makes a provider's id unique in a conversation. It stays when the message goes, so that a provider's
/// repeat does not bring a deleted message back.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProviderMessageItem {
    message_id: MessageId,
}

impl TenantStore {
    /// Adds the claim on the message's externalId, if it has one.
    pub(crate) fn claim_provider_id(
        &self,
        transaction: &mut Transaction,
        message: &Message,
        condition: Option<&str>,
    ) -> Result<Option<Slot>, StoreError> {
        let Some(external_id) = &message.draft.external_id else { return Ok(None) };
        let claim = ProviderMessageItem { message_id: message.id };
        let key = self.keys().provider_message(message.conversation_id, external_id);
        transaction.put(self, item::write(key, &claim)?, condition).map(Some)
    }

    /// The message that has the externalId whose claim was refused.
    pub(super) async fn claimed_message(
        &self,
        conversation: ConversationId,
        claim: &Standing,
    ) -> Result<Message, StoreError> {
        let keys = self.keys();
        let id = claimant(claim)?;
        let (thread, found) =
            tokio::try_join!(self.get(keys.conversation(conversation)), self.get(keys.message(conversation, id)))?;
        if thread.is_none_or(|thread| thread.contains_key(attributes::DELETED_AT)) {
            return Err(StoreError::NotFound);
        }
        message::read(conversation, found.ok_or(StoreError::MessageDeleted)?)
    }
}

/// Who holds a claim that stands.
pub(super) fn claimant(claim: &Standing) -> Result<MessageId, StoreError> {
    claim
        .item()
        .and_then(|item| string(item, "messageId"))
        .and_then(MessageId::parse)
        .ok_or_else(|| StoreError::Internal("a provider's message id names no message".to_owned()))
}
