//! From when on an automation acts: on every event after it was saved, and on none before.

use deskless_tests::{Delivery, Worker, World};
use http::Method;
use serde_json::{Value, json};

use super::{PATH, automation, conversation, executions, saved, tag};

/// Delivers the records so far, so that the worker has loaded the automations and remembers them.
async fn warmed_up() -> World {
    let world = World::new().await;
    let _ = conversation(&world).await;
    let _ = world.drain_events().await;
    world
}

async fn events(world: &World) {
    let _ = world.drain_to(Worker::Events, Delivery::default()).await;
}

async fn created(world: &World) -> String {
    automation(&world.server_key(), "conversation.created", json!([tag("a")])).await
}

/// Returns the conversations on which an automation was triggered, oldest first.
async fn triggered_on(world: &World, path: &str) -> Vec<Value> {
    let mut runs = executions(world, path).await;
    runs.reverse();
    runs.iter().map(|run| run["conversationId"].clone()).collect()
}

#[tokio::test]
async fn saved_automation_acts_on_the_next_event_and_no_earlier_one() {
    let world = warmed_up().await;
    let _before = conversation(&world).await;
    let path = created(&world).await;
    let after = conversation(&world).await;
    events(&world).await;
    assert_eq!(triggered_on(&world, &path).await, [json!(after)]);
    let second = created(&world).await;
    let next = conversation(&world).await;
    events(&world).await;
    assert_eq!(triggered_on(&world, &path).await, [json!(after), json!(next)]);
    assert_eq!(triggered_on(&world, &second).await, [json!(next)]);
}

#[tokio::test]
async fn disabled_automation_acts_on_no_later_event() {
    let world = warmed_up().await;
    let role = world.server_key();
    let path = created(&world).await;
    let before = conversation(&world).await;
    let _ = role.patch(&path, &json!({ "enabled": false })).await.expect(200);
    let _while_disabled = conversation(&world).await;
    events(&world).await;
    let _late = conversation(&world).await;
    events(&world).await;
    assert_eq!(
        triggered_on(&world, &path).await,
        [json!(before)],
        "the event before belongs to the enabled automation"
    );
    let _ = world.drain_events().await;
    assert_eq!(executions(&world, &path).await[0]["reason"]["code"], "automation_disabled", "it does not start");
    let _missed = conversation(&world).await;
    let _ = role.patch(&path, &json!({ "enabled": true })).await.expect(200);
    let again = conversation(&world).await;
    events(&world).await;
    assert_eq!(triggered_on(&world, &path).await, [json!(before), json!(again)]);
}

#[tokio::test]
async fn each_event_meets_the_conditions_of_its_time() {
    let world = warmed_up().await;
    let role = world.server_key();
    let body = json!({
        "name": "a", "trigger": "conversation.created", "actions": [tag("a")], "conditions": { "priority": "low" },
    });
    let path = saved(&role.post(PATH, &body).await.expect(201));
    let mut opened = Vec::new();
    let patches = [
        json!({ "name": "b" }),
        json!({ "conditions": { "priority": "high" } }),
        json!({ "conditions": {} }),
        json!({ "trigger": "message.created" }),
    ];
    for patch in &patches {
        for priority in ["low", "high"] {
            let mut body = deskless_tests::minimal_conversation();
            body["priority"] = json!(priority);
            opened.push(role.open(&body).await["id"].clone());
        }
        let _ = role.patch(&path, patch).await.expect(200);
    }
    let mut body = deskless_tests::minimal_conversation();
    body["message"] = json!({ "body": "Hi" });
    let with_message = role.open(&body).await["id"].clone();
    events(&world).await;
    let expected: Vec<_> = [0, 2, 5, 6, 7].into_iter().map(|at| opened[at].clone()).chain([with_message]).collect();
    assert_eq!(triggered_on(&world, &path).await, expected);
}

#[tokio::test]
async fn deleted_automation_acts_on_no_event() {
    let world = warmed_up().await;
    let path = created(&world).await;
    let _ = conversation(&world).await;
    events(&world).await;
    let _ = world.server_key().ask(Method::DELETE, &path).send().await.expect(204);
    let last = conversation(&world).await;
    let _ = world.drain_events().await;
    let shown = super::shown(&world, &last).await;
    assert_eq!(shown["tags"], json!([]));
}
