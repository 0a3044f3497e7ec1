use deskless_domain::{ConversationId, Field, PredefinedMessage, PredefinedMessageId, Rendered};
use deskless_store::{IdempotencyKey, Once, StoreError, TenantStore};

use super::fill::template_names;
use crate::AppError;

/// AP-81: Renders a predefined message for a conversation, with any length. Nothing is sent.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Invalid`] when there is no such conversation; [`AppError::IdempotencyKeyReused`].
pub async fn render(
    store: &TenantStore,
    id: PredefinedMessageId,
    conversation: ConversationId,
    key: Option<&IdempotencyKey>,
) -> Result<Once<Rendered>, AppError> {
    let key = key.map(|key| key.of_conversation(conversation));
    let key = key.as_ref();
    if let Some(earlier) = store.replay(key).await? {
        return Ok(Once::replay(earlier));
    }
    let message = store.get_resource::<PredefinedMessage>(id).await?.fields;
    let conversation = store.get_conversation(conversation).await.map_err(|error| match error {
        StoreError::NotFound => AppError::no_such(Field::Conversation, "conversation"),
        other => other.into(),
    })?;
    let names = template_names(store, &message.content, &conversation.placement).await?;
    Ok(store.record_outcome(message.content.render(&conversation, &names), key).await?)
}
