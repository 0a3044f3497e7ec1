//! The keys of deliveries to webhook endpoints.

use deskless_domain::WebhookEndpointId;

use super::{Key, SELF, TenantKeys};
use crate::packed::pack;

impl TenantKeys {
    /// Returns the partition of an endpoint's deliveries.
    pub fn deliveries(self, endpoint: WebhookEndpointId) -> String {
        format!("{}#V#N#{}", self.prefix(), pack(endpoint))
    }

    /// Returns the key of the item that says how an endpoint's deliveries stand.
    pub fn delivery_state(self, endpoint: WebhookEndpointId) -> Key {
        Key::new(self.deliveries(endpoint), SELF)
    }
}
