use deskless_domain::{WebhookEndpoint, WebhookEndpointId};
use deskless_store::{AttemptPage, AttemptPosition, TenantStore};

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
