use deskless_domain::{ConversationId, Message, MessageDraft};
use deskless_store::{IdempotencyKey, Once, TenantStore};

use crate::AppError;

/// AP-150: Adds several messages to a conversation in their order, all or none of them. They have no attachments. The externalId of a
/// deleted message can be used again.
///
/// # Errors
/// [`AppError::NotFound`]; `Conflict` when another message has an externalId; [`AppError::IdempotencyKeyReused`];
/// [`AppError::OutcomeErased`] for a repeat of which a message was deleted.
pub async fn create_many(
    store: &TenantStore,
    conversation: ConversationId,
    drafts: Vec<MessageDraft>,
    key: Option<&IdempotencyKey>,
) -> Result<Once<Vec<Message>>, AppError> {
    let key = key.map(|key| key.of_conversation(conversation));
    Ok(store.create_messages(conversation, drafts, key.as_ref()).await?)
}
