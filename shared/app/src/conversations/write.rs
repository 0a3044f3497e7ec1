use deskless_domain::{ConversationId, ConversationPatch, Precondition, Transition};
use deskless_store::{IdempotencyKey, Once, StoreError, TenantStore};

use super::ConversationView;
use crate::AppError;

/// Applies a patch to a conversation: in one round trip without an idempotency key. With one, the conversation is read
/// first, because the recorded outcome holds it as it is afterwards, with the names that it shows.
pub(super) async fn write(
    store: &TenantStore,
    id: ConversationId,
    patch: &ConversationPatch,
    precondition: &Precondition,
    key: Option<&IdempotencyKey>,
) -> Result<Once<ConversationView>, AppError> {
    if key.is_none() {
        let updated = store.update_conversation(id, patch, precondition).await?;
        return Ok(Once::first(ConversationView::after_commit(store, updated).await));
    }
    let key = key.map(|key| key.of_conversation(id));
    let key = key.as_ref();
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let (earlier, read) = tokio::join!(store.replay(key), store.get_conversation(id));
        if let Some(earlier) = earlier? {
            return Ok(Once::replay(earlier));
        }
        let read = read?;
        precondition.check(read.version).map_err(StoreError::from)?;
        let transition = Transition::of_patch(patch, store.clock().now());
        let after = read.clone().after(&transition).map_err(StoreError::from)?;
        let outcome = ConversationView::of(store, after).await?;
        if let Some(outcome) = store.update_conversation_once(&read, &transition, outcome, key).await? {
            return Ok(outcome);
        }
        backoff.pause("the conversation keeps changing").await?;
    }
}
