use deskless_domain::{Attempt, AttemptId, LoggedEvent, WebhookEndpoint, WebhookEndpointId};
use deskless_outbound::Request;
use deskless_store::TenantStore;

use super::{
    Sender,
    destination::destination,
    send::{ToSend, send},
};
use crate::AppError;

/// Sends a test event to an endpoint, also to a disabled one, and lists it among its attempts. It is not repeated. The timeout is that of
/// a delivery: 15 s, and another second for the body of the response.
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
    let to_send = ToSend { destination: &destination, event, number: 1, timeout: Request::TIMEOUT };
    let (attempt, _) = send(store, sender, to_send).await?;
    store.record_attempts(id, run, vec![attempt.clone()]).await?;
    Ok(attempt)
}
