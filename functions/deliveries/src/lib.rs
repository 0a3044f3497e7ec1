//! The function that delivers events and calls to webhooks. Each invocation is for one target.
//!
//! Other functions invoke it asynchronously, at least once. A run takes a lease, so two invocations do not send the same. After an
//! error, Lambda invokes it again, and what was not saved is sent again.

use std::time::Duration;

use deskless_api::wire;
use deskless_app::{
    AppError, CallKey, DueFeed, Store, automations,
    deliveries::{self, DeliveryRequest, DeliveryTarget, Sender},
    without_values,
};
use deskless_outbound::Client;

/// How long a run sends. The rest of the function's timeout is for a last request of 15 s, and to save what it has done.
const BUDGET: Duration = Duration::from_mins(1);

/// Delivers what is due at a target.
///
/// # Errors
/// When the table does not respond. Lambda repeats the invocation.
pub async fn handle(store: Store, request: DeliveryRequest) -> Result<(), AppError> {
    handle_with(store, deskless_outbound::client(), BUDGET, request).await
}

/// Delivers what is due at a target with this client, and sends for so long. Tests pass their own.
///
/// # Errors
/// When the table does not respond.
pub async fn handle_with(
    store: Store,
    client: &Client,
    budget: Duration,
    request: DeliveryRequest,
) -> Result<(), AppError> {
    let DeliveryRequest { workspace, target } = request;
    // A workspace that is being deleted gets no more events.
    let Some(tenant) = DueFeed::new(store).open(workspace).await? else { return Ok(()) };
    let result = match &target {
        DeliveryTarget::Endpoint { id } => {
            deliveries::run(&tenant, *id, Sender { client, body: wire::event_body, data: wire::endpoint_data }, budget)
                .await
        }
        DeliveryTarget::Call { automation, execution, step } => {
            let call = CallKey { automation: *automation, execution: *execution, step: *step };
            automations::retry_call(&tenant, client, call).await
        }
    };
    if let Err(error) = &result {
        let error = without_values(&error.to_string());
        tracing::error!(consumer = "deliveries", %workspace, ?target, error, "delivery failed");
    }
    result
}
