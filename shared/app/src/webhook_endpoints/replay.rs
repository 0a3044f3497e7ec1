use deskless_domain::{Field, WebhookEndpoint, WebhookEndpointId};
use deskless_store::{IdempotencyKey, Once, TenantStore};

use crate::{
    AppError,
    deliveries::{self, Replay},
};

/// AP-197: Sends events again to an endpoint. Returns the sequence of the first one. A repeat sends nothing again.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such endpoint; [`AppError::Invalid`] when there is no such event in the log any more,
/// for a time in the future, and for a sequence after the newest event; [`AppError::IdempotencyKeyReused`].
pub async fn replay(
    store: &TenantStore,
    id: WebhookEndpointId,
    replay: Replay,
    key: Option<&IdempotencyKey>,
) -> Result<Once<u64>, AppError> {
    if let Some(earlier) = store.replay(key).await? {
        return Ok(Once::replay(earlier));
    }
    store.get_resource::<WebhookEndpoint>(id).await?;
    let first = deliveries::replay(store, id, replay).await.map_err(|error| match (error, replay) {
        (AppError::NotFound, Replay::Event(_)) => AppError::no_such(Field::Event, "event of the last 30 days"),
        (error, _) => error,
    })?;
    Ok(store.record_outcome(first, key).await?)
}
