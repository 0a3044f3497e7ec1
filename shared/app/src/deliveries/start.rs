use deskless_domain::WebhookEndpointId;
use deskless_store::{DeliveryTarget, TenantStore, without_values};

/// Starts a delivery that the table has as due. If that fails, the timers start it within a minute, so the caller succeeds.
pub(crate) async fn start(store: &TenantStore, id: WebhookEndpointId) {
    if let Err(error) = store.start_delivery(&DeliveryTarget::Endpoint { id }).await {
        let error = without_values(&error.to_string());
        tracing::warn!(endpoint = %id, error, "a delivery was not started: the timers will");
    }
}
