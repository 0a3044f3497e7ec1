use deskless_domain::ConversationId;
use deskless_store::TenantStore;

use crate::{AppError, files};

/// Removes at most 500 items of what lies under a deleted conversation. `removed` is the progress for which this step is due: a
/// step that was taken already is not taken again, so an event that is delivered twice starts no second chain of steps.
///
/// A step that is interrupted can be taken again. The tombstone goes last.
///
/// # Errors
/// When the table or the bucket does not answer.
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

/// Removes everything that is left of a deleted conversation.
///
/// # Errors
/// When the table or the bucket does not answer.
pub async fn remove_completely(store: &TenantStore, id: ConversationId) -> Result<(), AppError> {
    while let Some(removed) = store.removal_progress(id).await? {
        removal_step(store, id, removed).await?;
    }
    Ok(())
}
