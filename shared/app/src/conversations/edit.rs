use deskless_domain::{Conversation, ConversationId, ConversationPatch, Precondition};
use deskless_store::{IdempotencyKey, Once, TenantStore};

use super::{ConversationView, write::write};
use crate::{AppError, references};

/// AP-11: Updates a conversation with a patch that depends on its state, such as one more tag. Writes only over the version that was
/// read, and starts again if the conversation was updated meanwhile. An empty patch writes nothing.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Invalid`] for references that do not exist; [`AppError::IdempotencyKeyReused`]; what `patch`
/// returns.
pub async fn edit<E: From<AppError>>(
    store: &TenantStore,
    id: ConversationId,
    patch: impl Fn(&Conversation) -> Result<ConversationPatch, E>,
    key: Option<&IdempotencyKey>,
) -> Result<Once<ConversationView>, E> {
    let key = key.map(|key| key.of_conversation(id));
    let key = key.as_ref();
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let (earlier, read) = tokio::join!(store.replay(key), store.get_conversation(id));
        if let Some(earlier) = earlier.map_err(AppError::from)? {
            return Ok(Once::replay(earlier));
        }
        let read = read.map_err(AppError::from)?;
        let mut patch = patch(&read)?;
        if patch.is_empty() {
            let view = ConversationView::of(store, read).await?;
            return Ok(store.record_outcome(view, key).await.map_err(AppError::from)?);
        }
        patch.placement = references::resolve(store, patch.placement).await?;
        match write(store, id, &patch, &Precondition::exactly(read.version), key).await {
            Err(AppError::VersionMismatch) => {
                backoff.pause("the conversation keeps changing").await.map_err(AppError::from)?;
            }
            outcome => return Ok(outcome?),
        }
    }
}
