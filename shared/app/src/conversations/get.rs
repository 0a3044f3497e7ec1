use deskless_domain::{Conversation, ConversationId};
use deskless_store::{CustomerStore, MessagePage, TenantStore, Thread};

use super::ConversationView;
use crate::AppError;

/// Returns a conversation.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn get(store: &TenantStore, id: ConversationId) -> Result<ConversationView, AppError> {
    ConversationView::of(store, store.get_conversation(id).await?).await
}

/// Returns a conversation with a page of its thread.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn get_with_messages(
    store: &TenantStore,
    thread: Thread,
) -> Result<(ConversationView, MessagePage), AppError> {
    let (conversation, page) = store.get_conversation_with_messages(thread).await?;
    Ok((ConversationView::of(store, conversation).await?, page))
}

/// Returns one of a customer's conversations.
///
/// # Errors
/// [`AppError::NotFound`], also for another customer's conversation.
pub async fn get_own(store: &CustomerStore, id: ConversationId) -> Result<Conversation, AppError> {
    Ok(store.get_conversation(id).await?)
}
