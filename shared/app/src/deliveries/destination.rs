use deskless_domain::{Reach, Resource, WebhookEndpoint, WebhookHeaders, WebhookSecret, WebhookUrl};
use deskless_store::TenantStore;

use crate::AppError;

/// Where a webhook endpoint's requests go, and what is in them.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The URL.
    pub url: WebhookUrl,
    /// Where the workspace's webhooks may go.
    pub reach: Reach,
    /// Further headers.
    pub headers: WebhookHeaders,
    /// The secrets that sign now: the current one and, for a day after a rotation, the one before.
    pub secrets: Vec<WebhookSecret>,
}

/// Returns the destination of a webhook endpoint, with its secrets decrypted.
///
/// # Errors
/// [`AppError::Internal`] when a secret cannot be decrypted; [`AppError::Unavailable`].
pub async fn destination(store: &TenantStore, endpoint: &Resource<WebhookEndpoint>) -> Result<Destination, AppError> {
    let fields = &endpoint.fields;
    let mut signing = vec![(WebhookEndpoint::SECRET, &fields.secret)];
    if fields.previous_secret_end(store.clock().now()).is_some() {
        signing.extend(fields.previous_secret.as_ref().map(|secret| (WebhookEndpoint::PREVIOUS_SECRET, secret)));
    }
    let mut secrets = Vec::with_capacity(signing.len());
    for (name, secret) in signing {
        secrets.push(WebhookSecret::stored(store.reveal::<WebhookEndpoint>(endpoint.id, name, secret).await?));
    }
    let (reach, headers) = (store.webhook_reach().await?, headers_of(store, endpoint).await?);
    Ok(Destination { url: fields.url.clone(), reach, headers, secrets })
}

/// Decrypts the headers of an endpoint.
pub(crate) async fn headers_of(
    store: &TenantStore,
    endpoint: &Resource<WebhookEndpoint>,
) -> Result<WebhookHeaders, AppError> {
    let Some(secret) = &endpoint.fields.headers else { return Ok(WebhookHeaders::default()) };
    let json = store.reveal::<WebhookEndpoint>(endpoint.id, WebhookEndpoint::HEADERS, secret).await?;
    let unreadable = || AppError::Internal("the headers of a webhook endpoint cannot be read".to_owned());
    WebhookEndpoint::headers_of(&json).ok_or_else(unreadable)
}
