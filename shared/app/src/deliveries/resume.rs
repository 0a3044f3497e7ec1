use deskless_domain::WebhookEndpointId;
use deskless_store::{DeliveryTarget, TenantStore};

use crate::AppError;

/// AP-197: Goes on with the deliveries to an endpoint that was enabled again: what happened meanwhile is delivered, in order.
///
/// # Errors
/// [`AppError::Unavailable`] when the table or the start of the delivery does not respond. A repeat has the same effect.
pub async fn resume(store: &TenantStore, id: WebhookEndpointId) -> Result<(), AppError> {
    store.resume_deliveries(id).await?;
    Ok(store.start_delivery(&DeliveryTarget::Endpoint { id }).await?)
}
