use deskless_domain::{EventId, Field, Invalid, Timestamp, WebhookEndpoint, WebhookEndpointId};
use deskless_store::TenantStore;

use super::start;
use crate::AppError;

/// What is to be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replay {
    /// One event. It neither waits for others nor holds them back.
    Event(EventId),
    /// Every event since this time, in order.
    Since(Timestamp),
    /// Every event from this sequence on, in order.
    From(u64),
}

/// AP-197: Sends events again to an endpoint: those of its types. Returns the sequence of the first one. Events that have expired
/// cannot be sent again: the first one is then the oldest of the log.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such endpoint, or no such event in the log any more; [`AppError::Invalid`] for a time in the
/// future and for a sequence after the newest event; [`AppError::Unavailable`].
pub async fn replay(store: &TenantStore, id: WebhookEndpointId, replay: Replay) -> Result<u64, AppError> {
    let _ = store.get_resource::<WebhookEndpoint>(id).await?;
    let first = match replay {
        Replay::Event(event) => {
            let sequence = event.sequence_in(store.workspace_id()).ok_or(AppError::NotFound)?;
            if store.get_event(sequence).await?.is_none() {
                return Err(AppError::NotFound);
            }
            store.request_replay_of(id, sequence).await?;
            sequence
        }
        Replay::Since(time) if time > store.clock().now() => {
            return Err(AppError::invalid(Field::Since, Invalid::new("too_large", "must not be in the future")));
        }
        Replay::From(sequence) if !store.is_in_log(sequence).await? => {
            let message = "must not be after the newest event";
            return Err(AppError::invalid(Field::SinceSequence, Invalid::new("too_large", message)));
        }
        Replay::Since(time) => from(store, id, store.sequence_at(time).await? + 1).await?,
        Replay::From(sequence) => from(store, id, sequence).await?,
    };
    start(store, id).await;
    Ok(first)
}

/// Requests a replay from a sequence on, or from the oldest event.
async fn from(store: &TenantStore, id: WebhookEndpointId, sequence: u64) -> Result<u64, AppError> {
    let first = sequence.max(store.oldest_sequence().await?);
    store.request_replay(id, first).await?;
    Ok(first)
}
