//! The wire format of webhook endpoints.

use deskless_api::{envelope, wire::WebhookEndpointObject};
use deskless_app::webhook_endpoints::SavedEndpoint;
use deskless_domain::{Resource, WebhookEndpoint};
use serde::Serialize;
use utoipa::ToSchema;

envelope!(
    Resource<WebhookEndpoint> => WebhookEndpointObject, webhook_endpoint, webhook_endpoints, WebhookEndpointResponse,
    WebhookEndpointListResponse
);

/// A webhook endpoint with its new secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SavedWebhookEndpointResponse {
    webhook_endpoint: WebhookEndpointObject,
    /// The secret that signs its requests. It is shown only here. `null` in the response to a repeat.
    #[schema(required)]
    secret: Option<String>,
}

impl From<&SavedEndpoint> for SavedWebhookEndpointResponse {
    fn from(SavedEndpoint { endpoint, new_secret }: &SavedEndpoint) -> Self {
        let secret = new_secret.as_ref().map(|secret| secret.reveal().to_owned());
        Self { webhook_endpoint: endpoint.into(), secret }
    }
}
