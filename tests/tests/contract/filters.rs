//! The workers' stream filters: what they drop must not call for work.

use std::collections::BTreeSet;

use deskless_infra::stream::Stream;
use deskless_tests::{Faults, Worker, World, example_conversation, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

/// Writes every kind of item, and gives what the stream says about it.
async fn history(world: &World) -> Vec<Value> {
    let ours = world.server_key();
    // Starts the event log.
    let _ = ours.get("/api/v1/events").await.expect(200);
    let make = async |path: &str, body: Value| ours.post(&format!("/api/v1/{path}"), &body).await.expect(201);
    let message = make("predefined-messages", json!({ "title": "a", "content": "Hi" })).await;
    let reply = json!([{ "action": "reply", "predefinedMessageId": message["predefinedMessage"]["id"] }]);
    let automation = json!({ "name": "a", "trigger": "conversation.updated", "actions": reply });
    let automation = make("automations", automation).await["automation"]["id"].clone();
    let _ = make("webhook-endpoints", json!({ "url": "https://hooks.example.com" })).await;
    let _ = make("api-keys", json!({ "name": "a", "scopes": ["read:files"] })).await;
    let conversation = ours.open(&example_conversation()).await["id"].clone();
    let path = format!("/api/v1/conversations/{}", conversation.as_str().expect("an id"));
    let _ = ours.post(&format!("{path}/messages"), &json!({ "body": "Hi" })).await.expect(201);
    let _ = ours.upload(&conversation, "a", "x").await;
    let file = ours.upload(&Value::Null, "a", "x").await;
    let file = format!("/api/v1/files/{}", file["id"].as_str().expect("an id"));
    let _ = ours.ask(Method::DELETE, &file).send().await.expect(204);
    let runs = format!("/api/v1/automations/{}/executions", automation.as_str().expect("an id"));
    let _ = ours.post(&runs, &json!({ "conversationId": conversation })).await.expect(202);
    let _ = ours
        .post("/api/v1/bulk-actions", &json!({ "action": "tag", "add": ["a"], "filter": {}, "all": true }))
        .await
        .expect(202);
    let _ = world.drain_events().await;
    let _ = ours.patch("/api/v1/customers/cus_123", &json!({ "name": "Ada King" })).await.expect(200);
    let _ = ours.ask(Method::DELETE, &path).send().await.expect(204);
    let _ = ours.ask(Method::DELETE, "/api/v1/customers/cus_123").send().await.expect(202);
    let _ = world.drain_events().await;
    let mut stream = Stream::open(world.engine_url(), world.table_name(), None).await.expect("a stream");
    let mut records = Vec::new();
    loop {
        let more = stream.next().await.expect("records");
        if more.is_empty() {
            return records;
        }
        records.extend(more);
    }
}

/// Returns the keys of the items that changed, without ids.
fn kinds<'r>(records: impl Iterator<Item = &'r Value>) -> BTreeSet<String> {
    let letter = |text: &str| text.split('#').next().unwrap_or_default().to_owned();
    let kind = |record: &Value| {
        let key = |name: &str| record["dynamodb"]["Keys"][name]["S"].as_str().unwrap_or_default().to_owned();
        let mut parts = key("pk").splitn(3, '#').map(str::to_owned).collect::<Vec<_>>();
        let rest = parts.pop().unwrap_or_default();
        if parts.first().map(String::as_str) == Some("W") {
            format!("{} {}", letter(&rest), letter(&key("sk")))
        } else {
            key("pk")
        }
    };
    records.map(kind).collect()
}

#[tokio::test]
async fn workers_get_only_what_they_handle() {
    let world = World::new().await;
    let records = history(&world).await;
    let wanted = |worker: Worker| kinds(records.iter().filter(move |record| worker.wants(record)));
    // What events come from: bulk actions, conversations' own items and messages, files, executions and customers. Neither of the
    // workers gets the events themselves, nor API keys, automations, webhook endpoints and workspaces, which hold secrets.
    let events = ["B A", "C A", "C M", "F A", "O X", "U A"].map(str::to_owned);
    assert_eq!(wanted(Worker::Events), BTreeSet::from(events));
    // Bulk actions, files, executions, the queue of removals and customers.
    let jobs = ["B A", "F A", "O X", "P A", "U A"].map(str::to_owned);
    assert_eq!(wanted(Worker::Jobs), BTreeSet::from(jobs));
}

#[tokio::test]
async fn creating_a_conversation_invokes_one_worker() {
    let world = World::new().await;
    let _ = world.drain_events().await;
    let mut stream = Stream::open(world.engine_url(), world.table_name(), None).await.expect("a stream");
    while !stream.next().await.expect("records").is_empty() {}
    let _ = world.server_key().open(&example_conversation()).await;
    let records = stream.next().await.expect("records");
    assert!(records.len() > 3, "{records:?}");
    let wanted = |worker: Worker| kinds(records.iter().filter(move |record| worker.wants(record)));
    // Its customer is new, which is an event too.
    assert_eq!(wanted(Worker::Events), BTreeSet::from(["C A", "U A"].map(str::to_owned)));
    assert_eq!(wanted(Worker::Jobs), BTreeSet::new());
    let again = world.server_key().open(&minimal_conversation()).await;
    assert!(again["id"].is_string());
    let records = stream.next().await.expect("records");
    let wanted = records.iter().filter(|record| Worker::ALL.iter().any(|worker| worker.wants(record))).count();
    assert_eq!(wanted, 1, "{records:#?}");
}

#[tokio::test]
async fn dropped_records_cause_no_work() {
    let world = World::behind_proxy(Faults::default()).await;
    let records = history(&world).await;
    for worker in Worker::ALL {
        let (wanted, dropped): (Vec<_>, Vec<_>) = records.iter().cloned().partition(|record| worker.wants(record));
        assert!(!wanted.is_empty() && !dropped.is_empty(), "{worker:?}");
        let _ = world.proxy().take_meter();
        assert!(world.deliver_once(worker, &dropped).await);
        // This worker reads the stamp of each workspace before it looks at the records. Here it is one workspace.
        let stamp = usize::from(worker == Worker::Events);
        assert_eq!(world.proxy().take_meter().operations, vec!["GetItem"; stamp], "{worker:?}");
    }
}
