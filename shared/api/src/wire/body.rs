//! What webhooks send, as bytes.

use deskless_app::AppError;
use deskless_domain::{LoggedEvent, Resource, WebhookEndpoint};
use serde::Serialize;

use super::{EventObject, WebhookEndpointObject};

/// Writes an event, as the feed has it.
///
/// # Errors
/// [`AppError::Internal`] when it cannot be written.
pub fn event_body(event: &LoggedEvent) -> Result<Vec<u8>, AppError> {
    written(&EventObject::from(event)).map(String::into_bytes)
}

/// Writes the data of an event that is about a webhook endpoint.
///
/// # Errors
/// [`AppError::Internal`] when it cannot be written.
pub fn endpoint_data(endpoint: &Resource<WebhookEndpoint>) -> Result<String, AppError> {
    written(&WebhookEndpointObject::from(endpoint))
}

fn written(object: &impl Serialize) -> Result<String, AppError> {
    serde_json::to_string(object).map_err(|error| AppError::Internal(format!("a webhook cannot be written: {error}")))
}
