use deskless_tests::{Delivery, Worker, World, example_conversation, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

use super::{PATH, automation, conversation, executions, id, saved, settle, shown, tag, thread};

/// Creates one automation per trigger and returns their paths.
async fn one_of_each(world: &World) -> [String; 4] {
    let mut paths = Vec::new();
    for trigger in ["manual", "conversation.created", "message.created", "conversation.updated"] {
        // An action without effect, so that it triggers nothing itself.
        let idle = json!([{ "action": "tag", "remove": ["never there"] }]);
        paths.push(automation(&world.server_key(), trigger, idle).await);
    }
    settle(world).await;
    paths.try_into().expect("four")
}

/// Returns how often each automation was triggered.
async fn counts(world: &World, paths: &[String; 4]) -> [usize; 4] {
    settle(world).await;
    let mut counts = [0; 4];
    for (count, path) in counts.iter_mut().zip(paths) {
        *count = executions(world, path).await.len();
    }
    counts
}

#[tokio::test]
async fn each_trigger_matches_its_events_only() {
    let world = World::new().await;
    let role = world.server_key();
    let paths = one_of_each(&world).await;
    let id = conversation(&world).await;
    assert_eq!(counts(&world, &paths).await, [0, 1, 0, 0], "created without a message");
    let path = format!("/api/v1/conversations/{id}");
    let messages = format!("{path}/messages");
    let said = role.post(&messages, &json!({ "body": "Hi" })).await.expect(201)["message"].clone();
    assert_eq!(counts(&world, &paths).await, [0, 1, 1, 0], "a reply");
    let _ = role.post(&messages, &json!({ "body": "Hi", "type": "note" })).await.expect(201);
    assert_eq!(counts(&world, &paths).await, [0, 1, 2, 0], "a note");
    let _ = role.patch(&path, &json!({ "priority": "high" })).await.expect(200);
    assert_eq!(counts(&world, &paths).await, [0, 1, 2, 1], "a change");
    let _ = role.patch(&path, &json!({ "priority": "high" })).await.expect(200);
    let _ = role.post(&format!("{path}/read"), &json!({})).await.expect(200);
    let _ = role.patch("/api/v1/customers/cus_123", &json!({ "name": "Ada King" })).await;
    assert_eq!(counts(&world, &paths).await, [0, 1, 2, 1], "no change, a read and a customer's name do not trigger");
    let large = |text: &str| json!({ "metadata": { "k": text.repeat(2000) } });
    let _ = role.patch(&path, &large("x")).await.expect(200);
    assert_eq!(counts(&world, &paths).await, [0, 1, 2, 2], "large metadata");
    let _ = role.patch(&path, &large("y")).await.expect(200);
    assert_eq!(counts(&world, &paths).await, [0, 1, 2, 3], "changed large metadata");
    let _ = role.patch(&path, &json!({ "metadata": null })).await.expect(200);
    assert_eq!(counts(&world, &paths).await, [0, 1, 2, 4], "cleared large metadata");
    let _ = role.patch(&path, &json!({ "metadata": {} })).await.expect(200);
    assert_eq!(counts(&world, &paths).await, [0, 1, 2, 4], "metadata that was empty before");
    let _ = role.post(&format!("{path}/resolve"), &json!({})).await.expect(200);
    assert_eq!(counts(&world, &paths).await, [0, 1, 2, 5], "solved");
    let _ = role.post(&messages, &json!({ "body": "Hi again" })).await.expect(201);
    assert_eq!(counts(&world, &paths).await, [0, 1, 3, 5], "a reply that reopens");
    let message = format!("{messages}/{}", super::id(&said));
    let _ = role.ask(Method::DELETE, &message).send().await.expect(204);
    assert_eq!(counts(&world, &paths).await, [0, 1, 3, 5], "a deleted message");
    let _ = role.ask(Method::DELETE, &path).send().await.expect(204);
    assert_eq!(counts(&world, &paths).await, [0, 1, 3, 5], "deleted");
    let mut with_message = minimal_conversation();
    with_message["message"] = json!({ "body": "Hi" });
    let _ = role.open(&with_message).await;
    assert_eq!(counts(&world, &paths).await, [0, 2, 4, 5], "created with a message");
    let _ = world.other_workspace().open(&with_message).await;
    assert_eq!(counts(&world, &paths).await, [0, 2, 4, 5], "another workspace's");
    let run = &executions(&world, &paths[2]).await[0];
    assert_eq!((&run["trigger"], &run["status"]), (&json!("message.created"), &json!("succeeded")));
}

#[tokio::test]
async fn conditions_limit_triggering_conversations() {
    let world = World::new().await;
    let role = world.server_key();
    let body = json!({
        "name": "Vip", "trigger": "message.created", "actions": [tag("seen")],
        "conditions": { "awaitingReply": true, "customerEmail": "ADA@example.com", "tag": "vip" },
    });
    let path = saved(&role.post(PATH, &body).await.expect(201));
    let mut vip = example_conversation();
    vip["customer"]["email"] = json!("ada@example.com");
    vip["tags"] = json!(["vip"]);
    let vip = id(&role.open(&vip).await).to_owned();
    let other = conversation(&world).await;
    for (conversation, role_of) in [(&vip, "assistant"), (&other, "user"), (&vip, "user")] {
        let messages = format!("/api/v1/conversations/{conversation}/messages");
        let _ = role.post(&messages, &json!({ "body": "Hi", "role": role_of })).await.expect(201);
    }
    settle(&world).await;
    let runs = executions(&world, &path).await;
    assert_eq!((runs.len(), runs[0]["conversationId"].as_str()), (1, Some(vip.as_str())));
    assert_eq!(shown(&world, &vip).await["tags"], json!(["vip", "seen"]));
}

#[tokio::test]
async fn conditions_are_checked_again_at_run_time() {
    let world = World::new().await;
    let role = world.server_key();
    let body = json!({
        "name": "a", "trigger": "conversation.created", "conditions": { "status": "open" }, "actions": [tag("a")],
    });
    let path = saved(&role.post(PATH, &body).await.expect(201));
    let disabled = automation(&role, "conversation.created", json!([tag("b")])).await;
    world.clock.advance_millis(30_000);
    let conversation = conversation(&world).await;
    let _ = world.drain_to(Worker::Events, Delivery::default()).await;
    let waiting = executions(&world, &path).await;
    assert_eq!(waiting[0]["status"], "queued");
    let _ = role.post(&format!("/api/v1/conversations/{conversation}/resolve"), &json!({})).await.expect(200);
    let _ = role.patch(&disabled, &json!({ "enabled": false })).await.expect(200);
    settle(&world).await;
    for (path, code) in [(&path, "conditions_not_met"), (&disabled, "automation_disabled")] {
        let run = &executions(&world, path).await[0];
        assert_eq!((&run["status"], &run["reason"]["code"]), (&json!("skipped"), &json!(code)));
        assert_eq!((&run["steps"], &run["startedAt"]), (&json!([]), &Value::Null));
    }
    assert_eq!(shown(&world, &conversation).await["tags"], json!([]));
}

#[tokio::test]
async fn disabled_automation_is_not_triggered() {
    let world = World::new().await;
    let role = world.server_key();
    let path = automation(&role, "conversation.created", json!([tag("a")])).await;
    let _ = role.patch(&path, &json!({ "enabled": false })).await.expect(200);
    settle(&world).await;
    let _ = conversation(&world).await;
    settle(&world).await;
    assert_eq!(executions(&world, &path).await, Vec::<Value>::new());
    let _ = role.patch(&path, &json!({ "enabled": true })).await.expect(200);
    settle(&world).await;
    let _ = conversation(&world).await;
    settle(&world).await;
    assert_eq!(executions(&world, &path).await.len(), 1);
}

#[tokio::test]
async fn duplicate_reordered_records_trigger_once() {
    let world = World::new().await;
    let role = world.server_key();
    let created = automation(&role, "conversation.created", json!([{ "action": "note", "body": "a" }])).await;
    let said = automation(&role, "message.created", json!([{ "action": "note", "body": "b" }])).await;
    world.clock.advance_millis(30_000);
    let conversation = conversation(&world).await;
    let messages = format!("/api/v1/conversations/{conversation}/messages");
    for _ in 0..5 {
        let _ = role.post(&messages, &json!({ "body": "Hi" })).await.expect(201);
    }
    let _ = world.drain_events_as(Delivery { duplicated_percent: 100, shuffled: true, failing_percent: 30 }).await;
    world.assert_settled().await;
    // One automation's note triggers the other.
    assert_eq!(executions(&world, &created).await.len(), 1);
    assert_eq!(executions(&world, &said).await.len(), 6);
    assert_eq!(thread(&world, &conversation).await.len(), 5 + 1 + 6);
    let newest = executions(&world, &said).await;
    let times: Vec<_> = newest.iter().map(|run| run["createdAt"].as_str().expect("a time")).collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
}

#[tokio::test]
async fn conversation_keeps_index_shard() {
    let world = World::new().await;
    world.spread(4).await;
    let role = world.server_key();
    let solve = json!([{ "action": "update_status", "status": "solved" }]);
    let _ = automation(&role, "conversation.created", solve).await;
    let by_hand = automation(&role, "manual", json!([{ "action": "update_status", "status": "waiting" }])).await;
    world.clock.advance_millis(30_000);
    let mut shards = std::collections::BTreeSet::new();
    for _ in 0..12 {
        let id = conversation(&world).await;
        let partition = async || {
            let row = world.conversation_row(&id).await.expect("the conversation");
            row.get("p1").expect("an index key").to_owned()
        };
        let opened = partition().await;
        settle(&world).await;
        assert_eq!(partition().await, opened.replace("#open#", "#solved#"));
        assert_eq!(super::run(&world, &by_hand, &id).await["status"], "succeeded");
        assert_eq!(partition().await, opened.replace("#open#", "#waiting#"));
        shards.insert(opened);
    }
    assert!(shards.len() > 1, "several shards are used: {shards:?}");
    world.assert_settled().await;
}
