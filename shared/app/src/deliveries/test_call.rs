use std::time::Duration;

use deskless_domain::{Attempt, AttemptId, LoggedEvent, WebhookEndpoint, WebhookEndpointId};
use deskless_store::TenantStore;

use super::{
    Sender,
    destination::destination,
    send::{ToSend, send},
};
use crate::AppError;

/// The timeout of a test, for the head of the response: 10 s. A delivery has 15 s, but a request to the API ends after 13 s, with the reads
/// and the write around the test, and up to a second for the body of the response.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends a test event to an endpoint, also to a disabled one, and lists it among its attempts. It is not repeated.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such endpoint.
pub async fn send_test(
    store: &TenantStore,
    id: WebhookEndpointId,
    event: &LoggedEvent,
    sender: Sender<'_>,
) -> Result<Attempt, AppError> {
    let endpoint = store.get_resource::<WebhookEndpoint>(id).await?;
    let destination = destination(store, &endpoint).await?;
    let run = AttemptId::generate(store.clock());
    let to_send = ToSend { destination: &destination, event, number: 1, timeout: TIMEOUT };
    let (attempt, _) = send(store, sender, to_send).await?;
    store.record_attempts(id, run, vec![attempt.clone()]).await?;
    Ok(attempt)
}
