//! Deleting a conversation during writes, and with an interrupted purge.

use std::{slice, sync::Arc};

use deskless_tests::{Faults, Row, Worker, World, minimal_conversation, packed, record};
use http::Method;
use serde_json::{Value, json};

use crate::support::{ALONE, at_once, post, text};

/// Creates a conversation and writes this many messages directly to the table.
async fn long_thread(world: &World, messages: usize) -> (String, String) {
    let id = text(&world.server_key().open(&minimal_conversation()).await, "id");
    let path = format!("/api/v1/conversations/{id}");
    let _ = world.server_key().post(&format!("{path}/messages"), &json!({ "body": "Hi" })).await.expect(201);
    let rows = world.rows().await;
    let message = rows.iter().find(|row| row.sk().starts_with("M#")).expect("a message");
    let planted: Vec<Row> = (1..messages)
        .map(|i| {
            let mut row = message.clone();
            row.0["sk"] = json!({ "S": format!("M#{}", packed(format!("019f0f63-6500-7232-afd6-{i:012}"))) });
            row
        })
        .collect();
    world.plant(&planted).await;
    (path, id)
}

/// Delivers one record and drops the worker after two of its connections have broken. The client recovers from one.
/// Returns whether it finished. If not, the stream delivers the record again.
async fn deliver_interrupted(world: &World, record: &Value, breaks: &mut usize) -> bool {
    let done = tokio::select! {
        () = world.proxy().wait_for_faults(*breaks + 2) => false,
        done = Box::pin(world.deliver_once(Worker::Jobs, slice::from_ref(record))) => done,
    };
    *breaks += world.proxy().take_meter().disturbed;
    done
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_removal_removes_20_000_messages() {
    let _alone = ALONE.lock().await;
    let world = World::behind_proxy(Faults::default()).await;
    // Records are delivered by hand below: one for the deletion, and one for each change of the queue.
    world.disable_stream().await;
    let (path, id) = long_thread(&world, 20_000).await;
    let pk = world.pk("C", &id);
    let created = world.row(&pk, "A").await.expect("the conversation");
    assert!(world.deliver_once(Worker::Events, &[record(0, None, Some(&created))]).await);
    let _ = world.server_key().ask(Method::DELETE, &path).send().await.expect(204);
    let tombstone = world.row(&pk, "A").await.expect("the tombstone");
    assert!(world.deliver_once(Worker::Events, &[record(1, Some(&created), Some(&tombstone))]).await);

    let _ = world.proxy().take_meter();
    // Half of the connections break before the engine receives the request, half after it has handled it.
    world.proxy().set_faults(Faults { cuts_percent: 6, ..Faults::default() });
    let (mut steps, mut breaks, mut interrupted) = (0, 0, 0);
    let queue = format!("{}#P", world.prefix());
    let mut before = None;
    loop {
        let due = world.row(&queue, "A").await.expect("the queue");
        if due.get("job").is_none() {
            break;
        }
        assert_ne!(
            before.as_ref().map(|before: &Row| &before.0),
            Some(&due.0),
            "no record requests the step after {steps}"
        );
        steps += 1;
        let told = record(steps, before.as_ref(), Some(&due));
        while !deliver_interrupted(&world, &told, &mut breaks).await {
            interrupted += 1;
            assert!(interrupted < 1000, "a step never ends");
        }
        before = Some(due);
    }
    world.proxy().set_faults(Faults::default());

    // An interrupted step may remove another 500 items before it records its progress, so there are fewer than 40 steps.
    assert!(steps >= 20, "20,000 messages in {steps} steps");
    assert!(interrupted >= 20, "only {interrupted} of {steps} steps were interrupted, by {breaks} breaks");
    let left: Vec<_> = world.rows().await.into_iter().filter(|row| row.pk() == pk && row.sk() != "Z").collect();
    assert!(left.is_empty(), "after {interrupted} interruptions: {left:?}");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_racing_with_messages_leaves_no_items() {
    let _alone = ALONE.lock().await;
    let faults = Faults { conflicts_percent: 10, ..Faults::default() };
    let world = Arc::new(World::behind_proxy(faults).await);
    for round in 0..40 {
        let path = world.server_key().open_path().await;
        let answers = at_once(&world, 6, |world, i| {
            let path = path.clone();
            async move {
                let role = world.server_key();
                match i {
                    3 => role.ask(Method::DELETE, &path).send_now().await,
                    5 => role.ask(Method::PATCH, &path).json(&json!({ "status": "solved" })).send_now().await,
                    _ => post(role, &format!("{path}/messages"), None, &json!({ "body": "Hi" })).await,
                }
            }
        })
        .await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses[3], 204, "round {round}: {statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 200 | 201 | 204 | 404)), "round {round}: {statuses:?}");
        if round % 2 == 0 {
            let _ = world.drain_events().await;
        }
        let late = post(world.server_key(), &format!("{path}/messages"), None, &json!({ "body": "Hi" })).await;
        let _ = late.expect_problem(404, "not_found");
    }
    let _ = world.drain_events().await;
    world.assert_settled().await;
    let threads = format!("{}#C#", world.prefix());
    assert!(!world.rows().await.iter().any(|row| row.pk().starts_with(&threads) && row.sk() != "Z"), "items are left");
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_deletes_succeed_once() {
    let world = Arc::new(World::behind_proxy(Faults { conflicts_percent: 20, ..Faults::default() }).await);
    let path = world.server_key().open_path().await;
    let answers = at_once(&world, 8, |world, _| {
        let path = path.clone();
        async move { world.server_key().ask(Method::DELETE, &path).send_now().await }
    })
    .await;
    let deleted = answers.iter().filter(|answer| answer.status == 204).count();
    let gone = answers.iter().filter(|answer| answer.status == 404).count();
    assert_eq!((deleted, gone), (1, 7));
    let audit = format!("{}#L", world.prefix());
    assert_eq!(
        world
            .rows()
            .await
            .iter()
            .filter(|row| row.pk() == audit && row.get("action") == Some("conversation.deleted"))
            .count(),
        1
    );
}

#[tokio::test]
async fn delete_with_lost_response_succeeds() {
    let world = World::behind_proxy(Faults::default()).await;
    let path = world.server_key().open_path().await;
    world.proxy().set_faults(Faults { lost_responses: 1, ..Faults::default() });
    let _ = world.server_key().ask(Method::DELETE, &path).send().await.expect(204);
    let audit = format!("{}#L", world.prefix());
    assert_eq!(
        world
            .rows()
            .await
            .iter()
            .filter(|row| row.pk() == audit && row.get("action") == Some("conversation.deleted"))
            .count(),
        1
    );
}
