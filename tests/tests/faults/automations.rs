//! Automation runs with duplicate records and interruptions: each write happens once, each webhook at least once.

use std::{collections::BTreeSet, future::poll_fn, pin::pin, slice, task::Poll};

use deskless_tests::{Delivery, Faults, Row, Worker, World, minimal_conversation, packed, record};
use serde_json::{Value, json};

use crate::support::{ALONE, text};

const AUTOMATIONS: &str = "/api/v1/automations";

/// Creates an automation with a step of every kind. Its notes and its reply have known texts.
async fn automation(world: &World, trigger: &str) -> String {
    let role = world.server_key();
    let message = json!({ "title": "a", "content": "reply" });
    let message = role.post("/api/v1/predefined-messages", &message).await.expect(201);
    let actions = json!([
        { "action": "note", "body": "first" },
        { "action": "tag", "add": ["seen"] },
        { "action": "call_webhook", "url": "https://a.example.com" },
        { "action": "reply", "predefinedMessageId": message["predefinedMessage"]["id"] },
        { "action": "call_webhook", "url": "https://b.example.com" },
        { "action": "update_status", "status": "waiting" },
        { "action": "note", "body": "last" },
    ]);
    let body = json!({ "name": "All", "trigger": trigger, "actions": actions });
    let made = role.post(AUTOMATIONS, &body).await.expect(201);
    format!("{AUTOMATIONS}/{}", text(&made["automation"], "id"))
}

/// Queues a run and returns its path and its queue item.
async fn queue(world: &World, automation: &str) -> (String, Row) {
    let role = world.server_key();
    let conversation = text(&role.open(&minimal_conversation()).await, "id");
    let body = json!({ "conversationId": conversation });
    let run = role.post(&format!("{automation}/executions"), &body).await.expect(202);
    let id = automation.rsplit('/').next().expect("an id");
    let pk = world.pk("O", id);
    let row = world.row(&pk, &format!("X#{}", packed(text(&run["execution"], "id")))).await.expect("the run");
    (conversation, row)
}

/// Asserts that every step that writes was done exactly once.
async fn assert_done_once(world: &World, automation: &str, conversation: &str, what: &str) {
    let role = world.server_key();
    let runs = role.get(&format!("{automation}/executions?limit=100")).await.expect(200);
    let runs: Vec<_> = runs["executions"].as_array().expect("an array").clone();
    let of_it: Vec<_> = runs.iter().filter(|run| run["conversationId"] == conversation).collect();
    let [run] = of_it.as_slice() else { panic!("{what}: {of_it:#?}") };
    assert_eq!(run["status"], "succeeded", "{what}: {run:#}");
    let path = format!("/api/v1/conversations/{conversation}");
    let now = role.get(&path).await.expect(200)["conversation"].clone();
    assert_eq!((&now["tags"], &now["status"]), (&json!(["seen"]), &json!("waiting")), "{what}");
    let said = role.get(&format!("{path}/messages")).await.expect(200);
    let said: Vec<_> = said["messages"].as_array().expect("an array").iter().map(|m| text(m, "body")).collect();
    assert_eq!(said, ["first", "reply", "last"], "{what}");
    assert_eq!(now["messageCount"], 3, "{what}");
    // One version for the creation and one for each of five steps.
    let row = world.conversation_row(conversation).await.expect("the conversation");
    assert_eq!(row.attribute("version")["N"], "6", "{what}");
}

/// Returns the IDs of the webhook calls since the last look, and the number of calls.
fn called(world: &World) -> (BTreeSet<String>, usize) {
    let calls = world.webhook_servers.take_calls();
    (calls.iter().map(|call| call.header("webhook-id").to_owned()).collect(), calls.len())
}

/// Polls work and drops it when it would wait more than `waits` times. Returns its result, if it finished.
async fn interrupt_after(mut waits: usize, work: impl Future<Output = bool>) -> Option<bool> {
    let mut work = pin!(work);
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if waits == 0 => Poll::Ready(None),
        Poll::Pending => {
            waits -= 1;
            Poll::Pending
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_run_resumes_without_duplicates() {
    let _alone = ALONE.lock().await;
    let world = World::behind_proxy(Faults::default()).await;
    let automation = automation(&world, "manual").await;
    let mut ended = 0;
    for waits in 0.. {
        let (conversation, row) = queue(&world, &automation).await;
        let told = record(0, None, Some(&row));
        let _ = called(&world);
        let first = interrupt_after(waits, Box::pin(world.deliver_once(Worker::Jobs, slice::from_ref(&told)))).await;
        // The stream delivers the record again, and the records that the run wrote.
        let _ = world.drain_events().await;
        assert_done_once(&world, &automation, &conversation, &format!("ended after {waits} waits")).await;
        let (ids, calls) = called(&world);
        assert!(ids.len() == 2 && calls >= 2, "ended after {waits} waits: {calls} calls under {ids:?}");
        if first.is_some() {
            break;
        }
        ended += 1;
        assert!(ended < 500, "the run never ends");
    }
    assert!(ended >= 10, "only {ended} interruptions");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicate_record_does_each_step_once() {
    let world = World::behind_proxy(Faults::default()).await;
    let automation = automation(&world, "manual").await;
    let (conversation, row) = queue(&world, &automation).await;
    let told = record(0, None, Some(&row));
    let twice = [told.clone(), told.clone()];
    assert!(Box::pin(world.deliver_once(Worker::Jobs, &twice)).await);
    let (a, b) = tokio::join!(
        Box::pin(world.deliver_once(Worker::Jobs, slice::from_ref(&told))),
        Box::pin(world.deliver_once(Worker::Jobs, slice::from_ref(&told)))
    );
    assert!(a && b);
    assert_eq!(called(&world).1, 1, "the run stops after its first webhook");
    let _ = world.drain_events().await;
    assert_eq!(called(&world).1, 1);
    assert_done_once(&world, &automation, &conversation, "duplicate record").await;
    // Long after the run has ended.
    assert!(Box::pin(world.deliver_once(Worker::Jobs, &twice)).await);
    assert_done_once(&world, &automation, &conversation, "late duplicate").await;
    assert_eq!(called(&world).1, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_workers_do_each_step_once() {
    let world = World::behind_proxy(Faults { conflicts_percent: 20, ..Faults::default() }).await;
    let automation = automation(&world, "manual").await;
    for round in 0..10 {
        let (conversation, row) = queue(&world, &automation).await;
        let told = record(0, None, Some(&row));
        let deliver_once = || Box::pin(world.deliver_once(Worker::Jobs, slice::from_ref(&told)));
        let (a, b, c) = tokio::join!(deliver_once(), deliver_once(), deliver_once());
        assert!(a && b && c);
        let _ = world.drain_events().await;
        assert_done_once(&world, &automation, &conversation, &format!("round {round}")).await;
    }
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_faults_do_not_repeat_steps() {
    let _alone = ALONE.lock().await;
    let world = World::behind_proxy(Faults::default()).await;
    let automation = automation(&world, "conversation.created").await;
    world.clock.advance_millis(30_000);
    let mut conversations = Vec::new();
    for _ in 0..20 {
        conversations.push(text(&world.server_key().open(&minimal_conversation()).await, "id"));
    }
    world.proxy().set_faults(Faults {
        conflicts_percent: 10,
        throttles_percent: 2,
        errors_before_percent: 2,
        errors_after_percent: 5,
        cuts_percent: 2,
        ..Faults::default()
    });
    let _ = world.drain_events_as(Delivery { duplicated_percent: 30, shuffled: true, failing_percent: 30 }).await;
    world.proxy().set_faults(Faults::default());
    for conversation in &conversations {
        assert_done_once(&world, &automation, conversation, "random faults").await;
    }
    let (ids, calls) = called(&world);
    assert!(ids.len() == 40 && calls >= 40, "{calls} calls");
    world.assert_settled().await;
}

#[tokio::test]
async fn record_is_retried_during_outage() {
    let world = World::behind_proxy(Faults::default()).await;
    let automation = automation(&world, "manual").await;
    let (conversation, row) = queue(&world, &automation).await;
    let told = record(0, None, Some(&row));
    world.proxy().set_faults(Faults { errors_before_percent: 100, ..Faults::default() });
    assert!(!Box::pin(world.deliver_once(Worker::Jobs, slice::from_ref(&told))).await);
    world.proxy().set_faults(Faults::default());
    let unchanged: Value = world.row(row.pk(), row.sk()).await.expect("the run").0;
    assert_eq!(unchanged, row.0);
    let _ = world.drain_events().await;
    assert_done_once(&world, &automation, &conversation, "after an outage").await;
}
