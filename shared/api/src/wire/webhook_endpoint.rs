//! The wire format of webhook endpoints, in responses and in events.

use deskless_domain::{Description, DisabledReason, EventType, Resource, Timestamp, WebhookEndpoint};
use serde::Serialize;
use utoipa::ToSchema;

crate::object_tag!(
    /// `"webhook_endpoint"`
    WebhookEndpointTag = "webhook_endpoint"
);

/// A URL that gets the events of the workspace.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookEndpoint)]
pub struct WebhookEndpointObject {
    object: WebhookEndpointTag,
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uri")]
    url: String,
    /// The types of events that it gets. Empty for all.
    event_types: Vec<EventType>,
    #[schema(required, value_type = Option<String>)]
    description: Option<Description>,
    /// Whether events are delivered. While it is disabled they are kept for 30 days, and delivered when you enable it.
    enabled: bool,
    /// The names of the further headers, in lower case. Their values are never returned.
    header_names: Vec<String>,
    /// Why it is disabled. `null` while it is enabled.
    #[schema(required)]
    disabled_reason: Option<DisabledReason>,
    #[schema(required, format = "date-time")]
    disabled_at: Option<String>,
    /// When the previous secret ends, or has ended. `null` before the first rotation.
    #[schema(required, format = "date-time")]
    previous_secret_expires_at: Option<String>,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    updated_at: String,
}

impl From<&Resource<WebhookEndpoint>> for WebhookEndpointObject {
    fn from(resource: &Resource<WebhookEndpoint>) -> Self {
        let fields = &resource.fields;
        let time = |millis: Option<i64>| millis.map(|millis| Timestamp::from_millis(millis).to_string());
        Self {
            object: WebhookEndpointTag,
            id: resource.id.to_string(),
            url: fields.url.as_str().to_owned(),
            event_types: fields.event_types.as_slice().to_vec(),
            description: fields.description.clone(),
            enabled: fields.enabled,
            header_names: fields.header_names.clone(),
            disabled_reason: fields.disabled_reason,
            disabled_at: time(fields.disabled_at),
            previous_secret_expires_at: time(fields.previous_secret_until),
            created_at: resource.created_at().to_string(),
            updated_at: resource.updated_at.to_string(),
        }
    }
}
