//! Running the deliveries that were started.

use std::time::Duration;

use deskless_deliveries::handle_with;
use deskless_domain::WebhookEndpointId;
use deskless_store::{DeliveryRequest, DeliveryTarget};

use crate::World;

/// How long a run sends.
const BUDGET: Duration = Duration::from_mins(1);
/// How often an invocation is repeated after an error.
const MOST_ATTEMPTS: usize = 20;

impl World {
    /// Runs the deliveries that were started, and those that they start, until there are none. Repeats those that fail.
    ///
    /// # Panics
    /// If one fails each time.
    pub async fn deliver_webhooks(&self) {
        loop {
            let started = self.deliveries.take();
            if started.is_empty() {
                return;
            }
            for request in started {
                let mut attempts = 0;
                while let Err(error) = self.run_delivery(request.clone()).await {
                    attempts += 1;
                    assert!(attempts < MOST_ATTEMPTS, "the delivery {request:?} fails each time: {error}");
                }
            }
        }
    }

    /// Runs one delivery, as the function does.
    ///
    /// # Errors
    /// When the function would fail.
    pub async fn run_delivery(&self, request: DeliveryRequest) -> Result<(), deskless_app::AppError> {
        Box::pin(handle_with(self.store.clone(), self.webhook_servers.client(), BUDGET, request)).await
    }

    /// Returns the request to deliver what is due at an endpoint of our workspace.
    #[must_use]
    pub fn delivery_to(&self, id: WebhookEndpointId) -> DeliveryRequest {
        DeliveryRequest { workspace: self.workspace, target: DeliveryTarget::Endpoint { id } }
    }
}
