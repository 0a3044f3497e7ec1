//! Stored secrets are encrypted: no secret is in a row, a stream record, an object or a log line in plain.

mod plain;
mod rotation;
mod search;

use deskless_domain::IdentitySecret;
use deskless_tests::{Role, World};
use http::Method;
use serde_json::{Value, json};

const AUTOMATIONS: &str = "/api/v1/automations";
const CONVERSATIONS: &str = "/api/v1/conversations";

/// A workspace with every kind of stored secret.
struct Secrets {
    world: World,
    identity: IdentitySecret,
    automation: String,
    webhook: String,
    inbox: String,
}

impl Secrets {
    async fn new() -> Self {
        let world = World::new().await;
        let _ = world.rotate_identity().await;
        let identity = world.rotate_identity().await;
        let _ = world.rotate_other_identity().await;
        let ours = world.server_key();
        let actions = json!([{ "action": "call_webhook", "url": "https://hooks.example.com/a" }]);
        let body = json!({ "name": "Tell", "trigger": "manual", "actions": actions });
        let made = twice(&ours, AUTOMATIONS, &body).await;
        let automation = path(AUTOMATIONS, &made["automation"]);
        let webhook = made["webhookSecret"].as_str().expect("a secret").to_owned();
        let settings = json!({ "accessToken": "EAAG-access-token-1", "appSecret": "app-secret-1" });
        let body = json!({ "name": "Shop", "channel": "whatsapp", "settings": settings });
        let made = twice(&ours, "/api/v1/inboxes", &body).await;
        let inbox = path("/api/v1/inboxes", &made["inbox"]);
        let opened = world.client_key().post(CONVERSATIONS, &json!({ "subject": "Hi" })).await.expect(201);
        assert!(opened["customerToken"].is_string(), "an anonymous customer gets a token");
        Self { world, identity, automation, webhook, inbox }
    }

    /// Asserts that all secrets still work.
    async fn assert_usable(&self) {
        let Self { world, identity, .. } = self;
        let browser = world.client_key().on_behalf_of(&world.token(identity, "cus_123"));
        let _ = browser.get(CONVERSATIONS).await.expect(200);
        let opened = world.client_key().post(CONVERSATIONS, &json!({ "subject": "Hi" })).await.expect(201);
        let token = opened["customerToken"].as_str().expect("a token");
        let _ = world.client_key().on_behalf_of(token).get(CONVERSATIONS).await.expect(200);
        let _ = world.webhook_servers.take_calls();
        self.run_automation().await;
        let calls = world.webhook_servers.take_calls();
        assert_eq!(calls.len(), 1, "one webhook is called");
        assert!(calls[0].is_signed_with(&self.webhook));
    }

    async fn run_automation(&self) {
        let ours = self.world.server_key();
        let conversation = ours.open(&deskless_tests::minimal_conversation()).await["id"].clone();
        let body = json!({ "conversationId": conversation });
        let _ = ours.post(&format!("{}/executions", self.automation), &body).await.expect(202);
        let _ = self.world.drain_events().await;
    }

    /// Returns the workspace's own item.
    async fn workspace_row(&self) -> deskless_tests::Row {
        self.world.row(&self.world.prefix(), "A").await.expect("the workspace")
    }
}

fn path(collection: &str, object: &Value) -> String {
    format!("{collection}/{}", object["id"].as_str().expect("an id"))
}

/// Sends a request and its repeat with the same idempotency key. Returns the first response.
async fn twice(role: &Role<'_>, path: &str, body: &Value) -> Value {
    let send = async || role.ask(Method::POST, path).header("idempotency-key", "k").json(body).send().await;
    let first = send().await.expect(201);
    let again = send().await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    first
}
