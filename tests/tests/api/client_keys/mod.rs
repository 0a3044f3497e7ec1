//! Client keys: customer tokens, anonymous visitors and impersonation attempts.

mod anonymous;
mod customer_view;
mod customers;
mod impersonation;
mod tokens;

use deskless_domain::IdentitySecret;
use deskless_tests::{Role, World};
use serde_json::{Value, json};

pub const PATH: &str = "/api/v1/conversations";

/// Returns a world with an identity secret.
pub async fn world() -> (World, IdentitySecret) {
    let world = World::new().await;
    let secret = world.rotate_identity().await;
    (world, secret)
}

/// Returns a browser of this customer.
pub fn browser<'w>(world: &'w World, secret: &IdentitySecret, customer: &str) -> Role<'w> {
    world.client_key().on_behalf_of(&world.token(secret, customer))
}

/// Returns a body with which a customer creates a conversation.
pub fn opening() -> Value {
    json!({ "subject": "Where is my order?", "message": { "body": "It was to come yesterday." } })
}

pub fn path_of(conversation: &Value) -> String {
    format!("{PATH}/{}", conversation["id"].as_str().expect("an id"))
}
