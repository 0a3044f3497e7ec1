use deskless_domain::WebhookEndpointId;
use deskless_store::{DeliveryTarget, TenantStore, without_values};

/// Starts a delivery. If that fails, the caller succeeds all the same: the table has the endpoint as due, or its next event starts it.
pub(crate) async fn start(store: &TenantStore, id: WebhookEndpointId) {
    if let Err(error) = store.start_delivery(&DeliveryTarget::Endpoint { id }).await {
        let error = without_values(&error.to_string());
        tracing::warn!(endpoint = %id, error, "a delivery was not started, and follows later");
    }
}
