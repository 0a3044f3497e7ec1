use deskless_domain::{BulkAction, BulkActionId};
use deskless_store::{Backoff, IdempotencyKey, Once, TenantStore};

use crate::{AppError, Conflict};

/// Cancels a bulk action. The step under way, of at most 100 conversations, ends first; what is done stays done. Cancelling
/// again changes nothing.
///
/// # Errors
/// [`AppError::NotFound`]; `Conflict` when it has finished; [`AppError::IdempotencyKeyReused`].
pub async fn cancel(
    store: &TenantStore,
    id: BulkActionId,
    key: Option<&IdempotencyKey>,
) -> Result<Once<BulkAction>, AppError> {
    let mut backoff = Backoff::new(store.clock());
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
        // A step was faster, or this very write was and its answer is lost: reading again tells.
        backoff.pause("the bulk action keeps changing").await?;
    }
}
