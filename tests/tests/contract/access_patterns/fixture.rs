//! A world whose requests are metered.

use std::time::Duration;

use deskless_tests::{Delivery, Faults, Meter, TestResponse, Worker, World, example_conversation};
use http::Method;
use serde_json::{Value, json};

pub const PATH: &str = "/api/v1/conversations";

/// A preview of 140 characters that takes three bytes each in UTF-8.
const PREVIEW: &str = "我无法登录我的账户，每次都显示错误。";

/// Returns a new conversation like the core contract's example, or one with an item of about 1.5 KB.
pub fn conversation(large: bool) -> Value {
    let mut body = example_conversation();
    body.as_object_mut().expect("an object").remove("externalId");
    if large {
        body["metadata"] = json!({ "note": "x".repeat(900) });
    }
    body
}

/// A world behind a proxy, and the size of the conversations to create.
pub struct Fixture {
    pub world: World,
    pub large: bool,
    /// The member and the inbox of the conversations in the middle of their life.
    pub member: Value,
    inbox: Value,
}

impl Fixture {
    pub async fn new(large: bool) -> Self {
        let faults = Faults { delay: Duration::from_millis(80), ..Faults::default() };
        let world = World::behind_proxy(faults).await;
        let ours = world.server_key();
        let member = json!({ "name": "Grace Hopper", "email": "grace@example.com" });
        let member = ours.post("/api/v1/members", &member).await.expect(201)["member"]["id"].clone();
        let inbox =
            ours.post("/api/v1/inboxes", &json!({ "name": "Support", "channel": "api" })).await.expect(201)["inbox"]["id"].clone();
        // Caches the key, because its lookup is AP-01 and is not counted in other patterns.
        let _ = ours.get("/api/v1/conversations/x").await.expect(404);
        Self { world, large, member, inbox }
    }

    /// Creates a conversation in the middle of its life: assigned, in an inbox, with two tags, small metadata and a reply whose
    /// preview has 140 Chinese characters. Returns its path.
    pub async fn open(&self) -> String {
        let mut body = conversation(self.large);
        body["inboxId"] = self.inbox.clone();
        body["assigneeId"] = self.member.clone();
        body["tags"] = json!(["billing", "vip"]);
        if !self.large {
            body["metadata"] = json!({ "plan": "pro", "orderId": "A-10045" });
        }
        let opened = self.world.server_key().open(&body).await;
        let path = format!("{PATH}/{}", opened["id"].as_str().expect("an id"));
        let reply = json!({ "role": "user", "body": PREVIEW.repeat(10) });
        let _ = self.world.server_key().post(&format!("{path}/messages"), &reply).await.expect(201);
        path
    }

    /// Delivers the table's stream to a worker and returns the cost.
    pub async fn drained(&self, worker: Worker) -> Meter {
        let _ = self.world.proxy().take_meter();
        let _ = self.world.drain_to(worker, Delivery::default()).await;
        self.world.proxy().take_meter()
    }

    /// Sends a request and returns its cost.
    pub async fn cost(&self, method: Method, path: &str, key: Option<&str>, body: Option<&Value>) -> Meter {
        let _ = self.world.proxy().take_meter();
        let mut ask = self.world.server_key().ask(method, path);
        if let Some(key) = key {
            ask = ask.header("idempotency-key", key);
        }
        if let Some(body) = body {
            ask = ask.json(body);
        }
        // Advance by a millisecond, so that IDs do not collide and the key stays cached.
        self.world.clock.advance_millis(1);
        let answer: TestResponse = ask.send_now().await;
        assert!(answer.status.is_success(), "{path}: {:?}", answer.bytes);
        self.world.proxy().take_meter()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Meter {
        self.cost(Method::POST, path, None, Some(body)).await
    }

    pub async fn get(&self, path: &str) -> Meter {
        self.cost(Method::GET, path, None, None).await
    }
}
