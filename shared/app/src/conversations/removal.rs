use deskless_domain::ConversationId;
use deskless_store::TenantStore;

use crate::{AppError, files};

/// AP-40: Removes one batch of the items under a deleted conversation: at most 500. `removed` is the progress in the event that
/// triggered this step. A step that was already taken is not taken again, so a repeated event starts no second chain of steps.
///
/// An interrupted step can be taken again. The tombstone has the progress and is removed last, in one transaction with the
/// counters. Costs one write unit for each KB of each item.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB or S3 does not respond.
pub async fn removal_step(store: &TenantStore, id: ConversationId, removed: u64) -> Result<(), AppError> {
    if store.removal_progress(id).await? != Some(removed) {
        return Ok(());
    }
    let remains = store.removal_batch(id).await?;
    let (count, has_more) = (remains.count(), remains.has_more);
    files::erase_all(store, &remains.files).await?;
    store.remove_batch(remains).await?;
    if has_more {
        store.record_removal_progress(id, removed, removed + count).await?;
    } else {
        store.remove_tombstone(id).await?;
    }
    Ok(())
}

/// Removes all remaining items of a deleted conversation.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB or S3 does not respond.
pub async fn remove_completely(store: &TenantStore, id: ConversationId) -> Result<(), AppError> {
    while let Some(removed) = store.removal_progress(id).await? {
        removal_step(store, id, removed).await?;
    }
    Ok(())
}
