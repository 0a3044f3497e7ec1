//! Stored secrets are encrypted: no secret is in a row, a stream record, an object or a log line in plain.

mod plain;
mod rotation;
mod search;

use deskless_domain::{IdentitySecret, WebhookEndpoint, WebhookEndpointId};
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
    endpoint: String,
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
        let body =
            json!({ "url": "https://hooks.example.com/b", "headers": { "authorization": "Bearer hunter2-hunter2" } });
        let made = twice(&ours, "/api/v1/webhook-endpoints", &body).await;
        let endpoint = path("/api/v1/webhook-endpoints", &made["webhookEndpoint"]);
        let _ = ours.ask(Method::POST, &format!("{endpoint}/rotate-secret")).send().await.expect(200);
        let opened = world.client_key().post(CONVERSATIONS, &json!({ "subject": "Hi" })).await.expect(201);
        assert!(opened["customerToken"].is_string(), "an anonymous customer gets a token");
        Self { world, identity, automation, webhook, inbox, endpoint }
    }

    /// Asserts that all secrets still work.
    async fn assert_usable(&self) {
        let Self { world, identity, .. } = self;
        let browser = world.client_key().on_behalf_of(&world.token(identity, "cus_123"));
        let _ = browser.get(CONVERSATIONS).await.expect(200);
        let opened = world.client_key().post(CONVERSATIONS, &json!({ "subject": "Hi" })).await.expect(201);
        let token = opened["customerToken"].as_str().expect("a token");
        let _ = world.client_key().on_behalf_of(token).get(CONVERSATIONS).await.expect(200);
        self.assert_endpoint_usable().await;
        let _ = world.webhook_servers.take_calls();
        self.run_automation().await;
        let calls = world.webhook_servers.take_calls();
        assert_eq!(calls.len(), 1, "one webhook is called");
        assert!(calls[0].is_signed_with(&self.webhook));
    }

    /// Asserts that the secrets and the headers of the webhook endpoint can be decrypted.
    async fn assert_endpoint_usable(&self) {
        let id = self.endpoint.rsplit('/').next().and_then(WebhookEndpointId::parse).expect("an id");
        let tenant = self.world.tenant().await;
        let endpoint = tenant.get_resource::<WebhookEndpoint>(id).await.expect("the endpoint");
        let used = deskless_app::deliveries::destination(&tenant, &endpoint).await.expect("the destination");
        assert_eq!((used.secrets.len(), used.headers.iter().count()), (2, 1));
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
