//! Automations: saving, triggers, chains, steps, webhooks and runs.

mod chains;
mod executions;
mod order;
mod retries;
mod saving;
mod steps;
mod timing;
mod triggers;
mod webhooks;

use deskless_tests::{Role, World, minimal_conversation};
use serde_json::{Value, json};

pub const PATH: &str = "/api/v1/automations";
pub const UNKNOWN: &str = "01900000-0000-7000-8000-000000000001";

/// Creates an automation and returns its path.
pub async fn automation(role: &Role<'_>, trigger: &str, actions: Value) -> String {
    let body = json!({ "name": "A", "trigger": trigger, "actions": actions });
    saved(&role.post(PATH, &body).await.expect(201))
}

/// Returns the path of an automation in a response.
pub fn saved(answer: &Value) -> String {
    format!("{PATH}/{}", id(&answer["automation"]))
}

pub fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap_or_else(|| panic!("no id in {object:#}"))
}

/// Returns an action that adds a tag.
pub fn tag(word: &str) -> Value {
    json!({ "action": "tag", "add": [word] })
}

/// Creates a conversation and returns its ID.
pub async fn conversation(world: &World) -> String {
    id(&world.server_key().open(&minimal_conversation()).await).to_owned()
}

/// Runs an automation on a conversation manually, to its end, and returns the run.
pub async fn run(world: &World, automation: &str, conversation: &str) -> Value {
    let role = world.server_key();
    let body = json!({ "conversationId": conversation });
    let queued = role.post(&format!("{automation}/executions"), &body).await.expect(202)["execution"].clone();
    let _ = world.drain_events().await;
    role.get(&format!("{automation}/executions/{}", id(&queued))).await.expect(200)["execution"].clone()
}

/// Waits until process caches have expired, then delivers all stream records.
pub async fn settle(world: &World) {
    world.clock.advance_millis(30_000);
    let _ = world.drain_events().await;
    world.assert_settled().await;
}

/// Returns the runs of an automation, newest first.
pub async fn executions(world: &World, automation: &str) -> Vec<Value> {
    let page = world.server_key().get(&format!("{automation}/executions?limit=100")).await.expect(200);
    page["executions"].as_array().expect("an array").clone()
}

/// Returns the current conversation.
pub async fn shown(world: &World, conversation: &str) -> Value {
    let path = format!("/api/v1/conversations/{conversation}");
    world.server_key().get(&path).await.expect(200)["conversation"].clone()
}

/// Returns the messages of a conversation.
pub async fn thread(world: &World, conversation: &str) -> Vec<Value> {
    let path = format!("/api/v1/conversations/{conversation}/messages?limit=500");
    world.server_key().get(&path).await.expect(200)["messages"].as_array().expect("an array").clone()
}
