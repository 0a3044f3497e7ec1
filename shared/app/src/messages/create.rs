use std::ops::ControlFlow;

use deskless_domain::ConversationId;
use deskless_store::{AddedMessage, CustomerStore, IdempotencyKey, Once, TenantStore};

use super::{CustomerMessage, NewMessage};
use crate::{AppError, replay::unless_replayed};

/// Adds a message to a conversation. One round trip for a plain text; attachments and predefined messages are resolved
/// first.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Invalid`] for files and predefined messages that cannot be used; `Conflict` when the
/// message with this externalId was deleted; [`AppError::IdempotencyKeyReused`].
pub async fn create(
    store: &TenantStore,
    conversation: ConversationId,
    message: NewMessage,
    key: Option<&IdempotencyKey>,
) -> Result<Once<AddedMessage>, AppError> {
    match unless_replayed(store, key, message.resolve(store, conversation).await).await? {
        ControlFlow::Continue(draft) => Ok(store.create_message(conversation, None, &draft, key).await?),
        ControlFlow::Break(earlier) => Ok(earlier),
    }
}

/// Adds a customer's reply to a conversation of theirs.
///
/// # Errors
/// [`AppError::NotFound`], also for another customer's conversation; [`AppError::Invalid`] for files that cannot be
/// attached; [`AppError::IdempotencyKeyReused`].
pub async fn create_for_customer(
    store: &CustomerStore,
    conversation: ConversationId,
    message: CustomerMessage,
    key: Option<&IdempotencyKey>,
) -> Result<Once<AddedMessage>, AppError> {
    match unless_replayed(store.workspace(), key, message.resolve(store, conversation).await).await? {
        ControlFlow::Continue(draft) => Ok(store.create_message(conversation, &draft, key).await?),
        ControlFlow::Break(earlier) => Ok(earlier),
    }
}
