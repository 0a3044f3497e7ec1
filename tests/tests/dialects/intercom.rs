//! The dialect `intercom`.

mod bodies;
mod contacts;
mod conversations;
mod errors;
mod search;

use deskless_tests::{TestResponse, World};
use http::Method;
use serde_json::{Value, json};

use crate::sdk;

/// A workspace with an admin and a contact.
struct Desk<'w> {
    world: &'w World,
    admin: String,
}

impl<'w> Desk<'w> {
    async fn new(world: &'w World) -> Self {
        let member = json!({ "name": "Grace", "email": "grace@example.com" });
        let admin =
            ours(world, Method::POST, "/members", &member).await["member"]["id"].as_str().expect("an id").to_owned();
        let desk = Self { world, admin };
        desk.ok(
            Method::POST,
            "/contacts",
            &json!({ "external_id": "cus_ada", "email": "ada@example.com", "name": "Ada" }),
        )
        .await;
        desk
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> TestResponse {
        let ask = self.world.server_key().ask(method, &format!("/dialects/intercom{path}"));
        let ask = if body.is_null() { ask } else { ask.json(body) };
        // The clock advances, so that what is created later sorts later.
        ask.skip_validation().send().await
    }

    /// Sends a request that succeeds.
    async fn ok(&self, method: Method, path: &str, body: &Value) -> Value {
        let answer = self.ask(method.clone(), path, body).await;
        assert_eq!(answer.status, 200, "{method} {path} {body}: {:?}", answer.bytes);
        answer.json()
    }

    async fn get(&self, path: &str) -> Value {
        self.ok(Method::GET, path, &Value::Null).await
    }

    /// Sends a request that fails, and returns its error.
    async fn fails(&self, method: Method, path: &str, body: &Value, status: u16) -> Value {
        let answer = self.ask(method.clone(), path, body).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path} {body}: {:?}", answer.bytes);
        let list = answer.json();
        assert_eq!(list["type"], "error.list");
        assert_eq!(list["request_id"].as_str(), answer.header("x-request-id"), "{list}");
        list["errors"][0].clone()
    }

    /// Returns the id of a new conversation of the contact.
    async fn conversation(&self, body: &str) -> String {
        let new = json!({ "from": { "type": "user", "id": "cus_ada" }, "body": body });
        text(&self.ok(Method::POST, "/conversations", &new).await["conversation_id"])
    }

    async fn reply(&self, conversation: &str, body: &Value) -> Value {
        self.ok(Method::POST, &format!("/conversations/{conversation}/reply"), body).await
    }

    async fn manage(&self, conversation: &str, change: Value) -> Value {
        let mut body = change;
        body["admin_id"] = json!(self.admin);
        self.ok(Method::POST, &format!("/conversations/{conversation}/parts"), &body).await
    }

    /// Returns the ids of the conversations that match a query.
    async fn search(&self, query: &Value) -> Vec<String> {
        let found = self.ok(Method::POST, "/conversations/search", &json!({ "query": query })).await;
        found["conversations"].as_array().expect("a list").iter().map(|one| text(&one["id"])).collect()
    }
}

async fn ours(world: &World, method: Method, path: &str, body: &Value) -> Value {
    let ask = world.server_key().ask(method, &format!("/api/v1{path}"));
    let answer = if body.is_null() { ask.send_now().await } else { ask.json(body).send_now().await };
    assert!(answer.status.is_success(), "{path}: {:?}", answer.bytes);
    answer.json()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("a string, not {value}")).to_owned()
}

#[tokio::test]
async fn sdk_runs_a_support_flow() {
    let world = World::new().await;
    sdk::node(&world, "intercom", "flow.mjs").await;
    let _ = world.drain_events().await;
    world.assert_settled().await;
}
