//! Webhook endpoints: create, update, rotate the secret, send a test, replay, list what is undelivered. The other operations are those of
//! [`resources`](crate::resources).

mod create;
mod replay;
mod rotate;
mod test;
mod undelivered;
mod update;

use deskless_domain::{Field, Invalid, Reach, Resource, WebhookEndpoint, WebhookSecret, WebhookUrl};
use deskless_store::TenantStore;

pub use create::{CreateEndpoint, create};
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
