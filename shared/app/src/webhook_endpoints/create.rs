use std::ops::ControlFlow;

use deskless_domain::{
    Description, EventTypes, StoredSecret, WebhookEndpoint, WebhookHeaders, WebhookSecret, WebhookUrl,
};
use deskless_store::{IdempotencyKey, Once, TenantStore};

use super::{SavedEndpoint, check_reach};
use crate::{AppError, deliveries, replay::unless_replayed};

/// A webhook endpoint to create.
#[derive(Debug)]
pub struct CreateEndpoint {
    /// The URL.
    pub url: WebhookUrl,
    /// The events that it gets.
    pub event_types: EventTypes,
    /// A note for people.
    pub description: Option<Description>,
    /// Whether events are delivered.
    pub enabled: bool,
    /// Further headers of each request.
    pub headers: WebhookHeaders,
}

/// AP-185: Creates a webhook endpoint. It gets every event that commits after this.
///
/// # Errors
/// [`AppError::Invalid`] for a URL of this machine outside of the local stack; `Conflict` when there are too many;
/// [`AppError::IdempotencyKeyReused`].
pub async fn create(
    store: &TenantStore,
    command: CreateEndpoint,
    key: Option<&IdempotencyKey>,
) -> Result<Once<SavedEndpoint>, AppError> {
    let CreateEndpoint { url, event_types, description, enabled, headers } = command;
    let checked = check_reach(store, &url).await;
    if let ControlFlow::Break(earlier) = unless_replayed(store, key, checked).await? {
        return Ok(earlier.map(|endpoint| SavedEndpoint { endpoint, new_secret: None }));
    }
    let secret = WebhookSecret::generate(store.clock());
    let endpoint = WebhookEndpoint {
        url,
        event_types,
        description,
        enabled: true,
        header_names: Vec::new(),
        headers: None,
        secret: StoredSecret::from(&secret),
        previous_secret: None,
        previous_secret_until: None,
        disabled_reason: None,
        disabled_at: None,
    };
    let endpoint = endpoint.with_headers(&headers).with_enabled(enabled, store.clock().now());
    let created = store.create_resource(endpoint, key).await?;
    if enabled && !created.is_replay {
        // A worker that does not know the endpoint yet may append events after this. The first run has the timers look within an hour.
        deliveries::start(store, created.outcome.id).await;
    }
    let new_secret = (!created.is_replay).then_some(secret);
    Ok(created.map(|endpoint| SavedEndpoint { endpoint, new_secret }))
}
