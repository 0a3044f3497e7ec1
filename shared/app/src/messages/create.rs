use std::ops::ControlFlow;

use deskless_domain::ConversationId;
use deskless_store::{AddedMessage, CustomerStore, IdempotencyKey, Once, TenantStore};

use super::{CustomerMessage, NewMessage};
use crate::{AppError, replay::unless_replayed};

/// AP-12 and AP-13: Adds a message to a conversation. Takes one round trip for a plain text. Attachments (AP-66) and predefined
/// messages (AP-82) are resolved first.
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
    let key = key.map(|key| key.of_conversation(conversation));
    let key = key.as_ref();
    match unless_replayed(store, key, message.resolve(store, conversation).await).await? {
        ControlFlow::Continue((draft, shared)) => {
            Ok(store.create_message(conversation, None, &draft, shared, key).await?)
        }
        ControlFlow::Break(earlier) => Ok(store.complete_added(earlier).await?),
    }
}

/// Adds a customer's reply to one of their conversations. As AP-12, with the condition that the conversation is theirs.
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
    let key = key.map(|key| key.of_conversation(conversation));
    let key = key.as_ref();
    match unless_replayed(store.workspace(), key, message.resolve(store, conversation).await).await? {
        ControlFlow::Continue(draft) => Ok(store.create_message(conversation, &draft, key).await?),
        ControlFlow::Break(earlier) => Ok(store.workspace().complete_added(earlier).await?),
    }
}
