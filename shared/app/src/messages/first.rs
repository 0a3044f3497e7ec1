use std::collections::HashMap;

use deskless_domain::{ConversationId, Message, Order};
use deskless_store::{StoreError, TenantStore, Thread};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::AppError;

/// The number of threads that are read concurrently.
const CONCURRENCY: usize = 16;

/// Returns the first message of each conversation that has one, with one AP-14 for each conversation.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn first_of(
    store: &TenantStore,
    conversations: impl IntoIterator<Item = ConversationId>,
) -> Result<HashMap<ConversationId, Message>, AppError> {
    let first = |conversation| async move {
        let thread = Thread { conversation, order: Order::Asc, after: None, limit: 1 };
        match store.list_messages(thread).await {
            Ok(page) => Ok(page.messages.into_iter().next().map(|message| (conversation, message))),
            // The list lags behind a deletion.
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(AppError::from(error)),
        }
    };
    let reads: Vec<_> = conversations.into_iter().map(first).collect();
    let found = stream::iter(reads).buffer_unordered(CONCURRENCY).try_collect::<Vec<_>>().await?;
    Ok(found.into_iter().flatten().collect())
}
