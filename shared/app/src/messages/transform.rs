use deskless_domain::{
    ConversationId, Inbox,
    provider::{self, Outgoing, Transform},
};
use deskless_store::{IdempotencyKey, Once, StoreError, TenantStore};

use crate::AppError;

/// Returns the requests with which a message would be sent to the provider of a conversation's channel. Nothing is sent. The
/// conversation's inbox gives the workspace's side, if it is for the same channel.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Invalid`] for what exceeds the provider's limits; [`AppError::WindowClosed`];
/// [`AppError::IdempotencyKeyReused`].
pub async fn transform(
    store: &TenantStore,
    conversation: ConversationId,
    outgoing: &Outgoing,
    key: Option<&IdempotencyKey>,
) -> Result<Once<Transform>, AppError> {
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
