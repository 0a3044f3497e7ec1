use deskless_domain::{
    ConversationId, Inbox,
    provider::{self, Outgoing, Transform},
};
use deskless_store::{IdempotencyKey, Once, StoreError, TenantStore};

use crate::AppError;

/// AP-33: Returns the requests that send a message to the provider of a conversation's channel. Nothing is sent. The sender comes from
/// the conversation's inbox, if that has the same channel.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Invalid`] for fields that exceed the provider's limits; [`AppError::WindowClosed`];
/// [`AppError::IdempotencyKeyReused`].
pub async fn transform(
    store: &TenantStore,
    conversation: ConversationId,
    outgoing: &Outgoing,
    key: Option<&IdempotencyKey>,
) -> Result<Once<Transform>, AppError> {
    let key = key.map(|key| key.of_conversation(conversation));
    let key = key.as_ref();
    if let Some(earlier) = store.replay(key).await? {
        return Ok(Once::replay(earlier));
    }
    let conversation = store.get_conversation(conversation).await?;
    let inbox = match conversation.placement.inbox_id {
        Some(id) => match store.get_resource::<Inbox>(id).await {
            Ok(found) => Some(found.fields),
            Err(StoreError::NotFound) => None,
            Err(error) => return Err(error.into()),
        },
        None => None,
    };
    let inbox = inbox.filter(|inbox| inbox.channel == conversation.channel()).map(|inbox| inbox.settings);
    let transformed = provider::transform(&conversation, &inbox.unwrap_or_default(), outgoing, store.clock().now())?;
    Ok(store.record_outcome(transformed, key).await?)
}
