use deskless_domain::{WebhookEndpoint, WebhookEndpointId};
use deskless_store::{AttemptPage, AttemptPosition, TenantStore, UndeliveredPage};

use crate::AppError;

/// AP-195: Lists the attempts to deliver events to an endpoint in the last 30 days, newest first.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such endpoint.
pub async fn list_attempts(
    store: &TenantStore,
    id: WebhookEndpointId,
    before: Option<AttemptPosition>,
    limit: usize,
) -> Result<AttemptPage, AppError> {
    let (_, page) =
        tokio::try_join!(store.get_resource::<WebhookEndpoint>(id), store.list_attempts(id, before, limit))?;
    Ok(page)
}

/// AP-196: Lists the events of the last 30 days that were given up after the last attempt, newest first.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such endpoint.
pub async fn list_undelivered(
    store: &TenantStore,
    id: WebhookEndpointId,
    before: Option<u64>,
    limit: usize,
) -> Result<UndeliveredPage, AppError> {
    let (_, page) =
        tokio::try_join!(store.get_resource::<WebhookEndpoint>(id), store.list_undelivered(id, before, limit))?;
    Ok(page)
}
