//! Automations that trigger each other.

use deskless_tests::World;
use serde_json::{Value, json};

use super::{automation, conversation, executions, settle, shown, tag, thread};

fn note(body: &str) -> Value {
    json!({ "action": "note", "body": body })
}

#[tokio::test]
async fn automation_does_not_trigger_itself() {
    let world = World::new().await;
    let role = world.server_key();
    let said = automation(&role, "message.created", json!([note("a"), note("b"), tag("x")])).await;
    let updated = automation(&role, "conversation.updated", json!([tag("y"), tag("z")])).await;
    world.clock.advance_millis(30_000);
    let conversation = conversation(&world).await;
    let messages = format!("/api/v1/conversations/{conversation}/messages");
    let _ = role.post(&messages, &json!({ "body": "Hi" })).await.expect(201);
    settle(&world).await;
    assert_eq!(executions(&world, &said).await.len(), 1);
    assert_eq!(executions(&world, &updated).await.len(), 1, "triggered by the first automation, not by itself");
    assert_eq!(thread(&world, &conversation).await.len(), 3);
    assert_eq!(shown(&world, &conversation).await["tags"], json!(["x", "y", "z"]));
    // A member's change triggers it again.
    let _ = role.post(&messages, &json!({ "body": "Hi" })).await.expect(201);
    settle(&world).await;
    assert_eq!(executions(&world, &said).await.len(), 2);
    // The tag already exists, so nothing changes.
    assert_eq!(executions(&world, &updated).await.len(), 1);
    let path = format!("/api/v1/conversations/{conversation}");
    let _ = role.patch(&path, &json!({ "tags": [] })).await.expect(200);
    settle(&world).await;
    assert_eq!(executions(&world, &updated).await.len(), 2);
}

#[tokio::test]
async fn two_automations_do_not_loop() {
    let world = World::new().await;
    let role = world.server_key();
    let status = |status: &str| json!([{ "action": "update_status", "status": status }]);
    let body = |name: &str, when: &str, then: &str| json!({ "name": name, "trigger": "conversation.updated", "conditions": { "status": when }, "actions": status(then) });
    let there = super::saved(&role.post(super::PATH, &body("Ping", "waiting", "open")).await.expect(201));
    let back = super::saved(&role.post(super::PATH, &body("Pong", "open", "waiting")).await.expect(201));
    world.clock.advance_millis(30_000);
    let conversation = conversation(&world).await;
    let path = format!("/api/v1/conversations/{conversation}");
    let _ = role.patch(&path, &json!({ "status": "waiting" })).await.expect(200);
    settle(&world).await;
    assert_eq!((executions(&world, &there).await.len(), executions(&world, &back).await.len()), (1, 1));
    assert_eq!(shown(&world, &conversation).await["status"], "waiting", "each automation runs once");
    let _ = role.patch(&path, &json!({ "status": "open" })).await.expect(200);
    settle(&world).await;
    assert_eq!((executions(&world, &there).await.len(), executions(&world, &back).await.len()), (2, 2));
    assert_eq!(shown(&world, &conversation).await["status"], "open");
}

#[tokio::test]
async fn chain_stops_after_five_automations() {
    let world = World::new().await;
    let role = world.server_key();
    let mut paths = Vec::new();
    for i in 0..7 {
        let body = json!({
            "name": "a", "trigger": "conversation.updated", "conditions": { "priority": i.to_string(), "tag": format!("t{i}") },
            "actions": [{ "action": "tag", "add": [format!("t{}", i + 1)] }],
        });
        paths.push(super::saved(&role.post(super::PATH, &body).await.expect(201)));
    }
    // Mutually exclusive conditions. The priority does not change, so each automation is identified by its tag.
    for path in &paths {
        let shown = role.get(path).await.expect(200);
        let tag = shown["automation"]["conditions"]["tag"].clone();
        let _ = role.patch(path, &json!({ "conditions": { "tag": tag } })).await.expect(200);
    }
    world.clock.advance_millis(30_000);
    let conversation = conversation(&world).await;
    let path = format!("/api/v1/conversations/{conversation}");
    let _ = role.patch(&path, &json!({ "tags": ["t0"] })).await.expect(200);
    settle(&world).await;
    assert_eq!(shown(&world, &conversation).await["tags"], json!(["t0", "t1", "t2", "t3", "t4", "t5"]));
    let mut counts = Vec::new();
    for path in &paths {
        counts.push(executions(&world, path).await.len());
    }
    assert_eq!(counts, [1, 1, 1, 1, 1, 0, 0]);
}

#[tokio::test]
async fn mutually_triggering_automations_run_once_each() {
    let world = World::new().await;
    let role = world.server_key();
    let mut paths = Vec::new();
    for name in ["a", "b", "c", "d"] {
        paths.push(automation(&role, "message.created", json!([note(name)])).await);
    }
    world.clock.advance_millis(30_000);
    let conversation = conversation(&world).await;
    let messages = format!("/api/v1/conversations/{conversation}/messages");
    let _ = role.post(&messages, &json!({ "body": "Hi" })).await.expect(201);
    settle(&world).await;
    for path in &paths {
        assert_eq!(executions(&world, path).await.len(), 1);
    }
    assert_eq!(thread(&world, &conversation).await.len(), 5, "the message and one note per automation");
}

#[tokio::test]
async fn automation_name_is_hidden_from_customers() {
    let world = World::new().await;
    let role = world.server_key();
    let body = json!({ "title": "Hello", "content": "Hello {{customer.id}}" });
    let made = role.post("/api/v1/predefined-messages", &body).await.expect(201);
    let reply = json!({ "action": "reply", "predefinedMessageId": made["predefinedMessage"]["id"] });
    let _ = automation(&role, "message.created", json!([reply, note("a")])).await;
    world.clock.advance_millis(30_000);
    let conversation = conversation(&world).await;
    let messages = format!("/api/v1/conversations/{conversation}/messages");
    let _ = role.post(&messages, &json!({ "body": "Hi" })).await.expect(201);
    settle(&world).await;
    let said = thread(&world, &conversation).await;
    assert_eq!((said.len(), &said[1]["type"], &said[1]["sender"]["name"]), (3, &json!("reply"), &json!(null)));
    assert!(said[2]["sender"]["name"].is_string(), "a note names its automation: {}", said[2]);
}
