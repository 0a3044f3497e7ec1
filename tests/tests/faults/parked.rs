//! Records that fail for good are parked at once, and the records beside them continue.

use std::slice;

use deskless_tests::{Delivery, Row, Worker, World, minimal_conversation, packed, record};
use http::Method;
use serde_json::{Value, json};

use crate::support::text;

const SECRET: &str = "a text of the customer";

/// Creates a conversation and returns its id and its item.
async fn conversation(world: &World) -> (String, Row) {
    let mut body = minimal_conversation();
    body["subject"] = json!(SECRET);
    let id = text(&world.server_key().open(&body).await, "id");
    let row = world.row(&world.pk("C", &id), "A").await.expect("the conversation");
    (id, row)
}

fn with_attribute(row: &Row, attribute: &str, value: Value) -> Row {
    let mut row = row.clone();
    row.set(attribute, value);
    row
}

#[tokio::test]
async fn unreadable_record_is_parked_at_once() {
    let world = World::new().await;
    world.disable_stream().await;
    let mut batch = Vec::new();
    for i in 0..3 {
        let (_, row) = conversation(&world).await;
        let row = if i == 1 { with_attribute(&row, "messageCount", json!({ "S": SECRET })) } else { row };
        batch.push(record(i, None, Some(&row)));
    }
    assert!(world.deliver_once(Worker::Events, &batch).await, "the batch succeeds");
    let parked = world.parked();
    assert_eq!(parked.len(), 1, "{parked:?}");
    assert_eq!(parked[0]["pk"], batch[1]["dynamodb"]["Keys"]["pk"]["S"]);
    assert_eq!(parked[0]["sequenceNumber"], batch[1]["dynamodb"]["SequenceNumber"]);
    let known = (&parked[0]["worker"], &parked[0]["consumer"], &parked[0]["eventName"], &parked[0]["newVersion"]);
    assert_eq!(known, (&json!("events"), &json!("feed"), &json!("INSERT"), &json!(1)));
    assert!(!parked[0].to_string().contains(SECRET), "{}", parked[0]);
    let counts = world.server_key().get("/api/v1/conversations/counts").await.expect(200);
    assert_eq!(counts["counts"]["total"], 2);
}

#[tokio::test]
async fn record_is_delivered_again_if_parking_fails() {
    let world = World::new().await;
    let (_, row) = conversation(&world).await;
    let bad = [record(1, None, Some(&with_attribute(&row, "messageCount", json!({ "S": "?" }))))];
    world.stop_s3().await;
    assert!(!world.deliver_once(Worker::Events, &bad).await);
}

#[tokio::test]
async fn unreadable_conversation_can_be_deleted() {
    let world = World::new().await;
    let (id, row) = conversation(&world).await;
    let path = format!("/api/v1/conversations/{id}");
    let _ = world.server_key().post(&format!("{path}/messages"), &json!({ "body": "Hi" })).await.expect(201);
    let _ = world.drain_events().await;
    let row = world.row(row.pk(), "A").await.expect("the conversation");
    world.put(&with_attribute(&row, "messageCount", json!({ "S": "?" }))).await;
    let _ = world.server_key().ask(Method::DELETE, &path).send().await.expect(204);
    let _ = world.drain_events().await;
    assert!(!world.rows().await.iter().any(|left| left.pk() == row.pk() && left.sk() != "Z"));
    world.assert_settled().await;
    let counts = world.server_key().get("/api/v1/conversations/counts").await.expect(200);
    assert_eq!(counts["counts"]["total"], 0);
    // The record of the write that made it unreadable.
    assert_eq!(world.parked().len(), 1);
}

#[tokio::test]
async fn step_that_keeps_failing_is_parked() {
    let world = World::new().await;
    let role = world.server_key();
    let (id, _) = conversation(&world).await;
    let automation = json!({
        "name": "a", "trigger": "conversation.updated", "actions": [{ "action": "note", "body": "Hi" }],
    });
    let automation = role.post("/api/v1/automations", &automation).await.expect(201);
    let runs = format!("/api/v1/automations/{}/executions", text(&automation["automation"], "id"));
    let mut rows = Vec::new();
    for _ in 0..2 {
        let run = role.post(&runs, &json!({ "conversationId": id })).await.expect(202);
        let run = packed(text(&run["execution"], "id"));
        rows.extend(world.rows().await.into_iter().filter(|row| row.sk().ends_with(&run)));
    }
    let records = [record(1, None, Some(&rows[0])), record(2, None, Some(&rows[1]))];
    // The item is unreadable though the record is not.
    world.put(&with_attribute(&rows[0], "status", json!({ "S": "?" }))).await;
    assert!(Box::pin(world.deliver_once(Worker::Jobs, &records)).await, "the batch succeeds");
    let parked = world.parked();
    assert_eq!(parked.len(), 1, "{parked:?}");
    assert_eq!((&parked[0]["worker"], &parked[0]["sk"]), (&json!("jobs"), &json!(rows[0].sk())));
    let other = world.row(rows[1].pk(), rows[1].sk()).await.expect("the execution");
    assert!(other.get("job").is_none(), "the other execution finished");
    // The version is needed to take a step.
    let unreadable = record(3, None, Some(&with_attribute(&rows[1], "version", json!({ "S": "?" }))));
    assert!(Box::pin(world.deliver_once(Worker::Jobs, slice::from_ref(&unreadable))).await);
    assert_eq!(world.parked().len(), 2);
}

#[tokio::test]
async fn failing_removal_does_not_hold_others() {
    let world = World::new().await;
    let role = world.server_key();
    let (bad, row) = conversation(&world).await;
    let (good, _) = conversation(&world).await;
    for id in [&bad, &good] {
        let _ = role.ask(Method::DELETE, &format!("/api/v1/conversations/{id}")).send().await.expect(204);
    }
    let _ = world.drain_to(Worker::Events, Delivery::default()).await;
    // A file of one conversation cannot be erased, because the worker has no bucket.
    let mut file = row.clone();
    file.0 = json!({ "pk": row.0["pk"], "sk": { "S": format!("F#{}", packed(&good)) } });
    world.put(&file).await;
    let queue = format!("{}#P", world.prefix());
    let due = world.row(&queue, "A").await.expect("the queue");
    let store = world.store.clone().with_bucket(None);
    let failed = Worker::Jobs.hand_over(&store, &[record(1, None, Some(&due))]).await.expect("records");
    assert_eq!(failed, None, "the batch succeeds");
    let _ = world.drain_to(Worker::Jobs, Delivery::default()).await;
    let left: Vec<_> =
        world.rows().await.into_iter().filter(|row| row.pk().contains("#C#") && row.sk() != "Z").collect();
    assert!(!left.is_empty() && left.iter().all(|left| left.pk() == row.pk()), "{left:?}");
    let queued = world.rows().await.into_iter().filter(|row| row.pk() == queue);
    assert!(queued.clone().all(|row| row.sk() == "A" && row.get("job").is_none()), "the queue is empty");
    let parked = world.parked();
    assert!(parked.iter().any(|parked| parked["consumer"] == "removals" && parked.to_string().contains(&bad)));
}
