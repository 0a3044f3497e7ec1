//! Webhook endpoints: create, update, rotate the secret, and what a delivery needs. The other operations are those of
//! [`resources`](crate::resources).

mod create;
mod destination;
mod replay;
mod rotate;
mod test;
mod undelivered;
mod update;

use deskless_domain::{Field, Invalid, Reach, Resource, WebhookEndpoint, WebhookHeaders, WebhookSecret, WebhookUrl};
use deskless_store::TenantStore;

pub use create::{CreateEndpoint, create};
pub use destination::{Destination, destination};
pub use replay::replay;
pub use rotate::rotate_secret;
pub use test::test;
pub use undelivered::{Undelivered, UndeliveredEvents, UndeliveredPosition, list_undelivered};
pub use update::{HeaderChange, UpdateEndpoint, update};

use crate::AppError;

/// A created webhook endpoint, or one whose secret was rotated.
#[derive(Debug, Clone)]
pub struct SavedEndpoint {
    /// The endpoint.
    pub endpoint: Resource<WebhookEndpoint>,
    /// Its secret, if it is new. A repeat does not get it again.
    pub new_secret: Option<WebhookSecret>,
}

/// Checks that the workspace may have webhooks at this URL.
async fn check_reach(store: &TenantStore, url: &WebhookUrl) -> Result<(), AppError> {
    if !url.is_local() || store.webhook_reach().await? == Reach::PublicAndLoopback {
        return Ok(());
    }
    let message = "must begin with https://. Only workspaces of the local stack can have http URLs of this machine";
    Err(AppError::invalid(Field::Url, Invalid::new("invalid", message)))
}

/// Decrypts the headers of an endpoint.
async fn headers_of(store: &TenantStore, endpoint: &Resource<WebhookEndpoint>) -> Result<WebhookHeaders, AppError> {
    let Some(secret) = &endpoint.fields.headers else { return Ok(WebhookHeaders::default()) };
    let json = store.reveal::<WebhookEndpoint>(endpoint.id, WebhookEndpoint::HEADERS, secret).await?;
    let unreadable = || AppError::Internal("the headers of a webhook endpoint cannot be read".to_owned());
    WebhookEndpoint::headers_of(&json).ok_or_else(unreadable)
}
