//! The bodies of requests.

use deskless_api::wire::{EventObject, WebhookEndpointObject};
use deskless_app::AppError;
use deskless_domain::{LoggedEvent, Resource, WebhookEndpoint};

/// Writes an event, as the feed has it.
pub(crate) fn event(event: &LoggedEvent) -> Result<Vec<u8>, AppError> {
    serde_json::to_vec(&EventObject::from(event)).map_err(|error| unwritable("an event", &error))
}

/// Writes the data of the event that an endpoint was disabled.
pub(crate) fn endpoint(endpoint: &Resource<WebhookEndpoint>) -> Result<String, AppError> {
    serde_json::to_string(&WebhookEndpointObject::from(endpoint))
        .map_err(|error| unwritable("a webhook endpoint", &error))
}

fn unwritable(what: &str, error: &serde_json::Error) -> AppError {
    AppError::Internal(format!("{what} cannot be written: {error}"))
}
