use deskless_domain::{BulkAction, BulkActionId};
use deskless_store::{IdempotencyKey, Once, TenantStore};

use crate::{AppError, Conflict};

/// AP-74: Cancels a bulk action. The current step of at most 100 conversations completes first. Conversations that were processed
/// are not restored. Cancelling it again has no effect.
///
/// # Errors
/// [`AppError::NotFound`]; `Conflict` when it has finished; [`AppError::IdempotencyKeyReused`].
pub async fn cancel(
    store: &TenantStore,
    id: BulkActionId,
    key: Option<&IdempotencyKey>,
) -> Result<Once<BulkAction>, AppError> {
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let (earlier, found) = tokio::join!(store.replay(key), store.find_bulk_job(id));
        if let Some(earlier) = earlier? {
            return Ok(Once::replay(earlier));
        }
        let job = found?.ok_or(AppError::NotFound)?;
        if job.cancelled_at.is_some() {
            return Ok(store.record_outcome(job.action, key).await?);
        }
        if job.is_finished() {
            return Err(AppError::Conflict(Conflict::Finished));
        }
        if let Some(cancelled) = store.update_bulk_job(&job.cancelled(store.clock().now()), key).await? {
            return Ok(cancelled);
        }
        // Another write was faster: a step, or an earlier attempt of this write whose response was lost.
        backoff.pause("the bulk action keeps changing").await?;
    }
}
