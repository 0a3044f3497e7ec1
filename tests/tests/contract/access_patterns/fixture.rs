//! A world whose requests are metered.

use std::time::Duration;

use deskless_tests::{Faults, Meter, TestResponse, World, example_conversation};
use http::Method;
use serde_json::{Value, json};

pub const PATH: &str = "/api/v1/conversations";

/// Returns a conversation like the core contract's example, or one with an item of about 1.5 KB.
pub fn conversation(large: bool) -> Value {
    let mut body = example_conversation();
    body.as_object_mut().expect("an object").remove("externalId");
    if large {
        body["metadata"] = json!({ "note": "x".repeat(700) });
    }
    body
}

/// A world behind a proxy, and the size of the conversations to create.
pub struct Fixture {
    pub world: World,
    pub large: bool,
}

impl Fixture {
    pub async fn new(large: bool) -> Self {
        let faults = Faults { delay: Duration::from_millis(80), ..Faults::default() };
        let fixture = Self { world: World::behind_proxy(faults).await, large };
        // Caches the key, because its lookup is AP-01 and is not counted in other patterns.
        let _ = fixture.world.server_key().get("/api/v1/conversations/x").await.expect(404);
        fixture
    }

    pub async fn open(&self) -> String {
        let made = self.world.server_key().open(&conversation(self.large)).await;
        format!("{PATH}/{}", made["id"].as_str().expect("an id"))
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
