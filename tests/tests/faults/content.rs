//! Long messages whose object or item cannot be written, or whose writes are interrupted.

use deskless_tests::{Faults, World, interrupt_after, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

use crate::support::{ALONE, CONVERSATIONS, all, text};

fn long() -> Value {
    json!({ "body": "ü".repeat(4_000), "content": { "tool": "x".repeat(10_000) } })
}

fn contents(world: &World) -> usize {
    world.objects().iter().filter(|key| key.starts_with("content/")).count()
}

/// Lets the items of objects without a message expire, as DynamoDB does after a day.
async fn expire_unused(world: &World) {
    for row in world.rows().await.iter().filter(|row| row.letter() == Some("T") && row.number("expiresAt") > 0) {
        world.expire(row).await;
    }
    let _ = world.drain_events().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn long_message_without_s3_is_refused() {
    let _alone = ALONE.lock().await;
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let messages = format!("{path}/messages");
    let stored = ours.post(&messages, &long()).await.expect(201)["message"].clone();
    let _ = world.drain_events().await;
    let before = world.rows().await.len();
    world.stop_s3().await;
    let mut first = minimal_conversation();
    first["message"] = long();
    for (path, body) in [(messages.as_str(), &long()), (CONVERSATIONS, &first)] {
        let problem = ours.post(path, body).await.expect_problem(503, "unavailable");
        assert!(problem["error"].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
    }
    let added: Vec<_> = world.rows().await.into_iter().filter(|row| row.has("job")).collect();
    assert_eq!(added.len(), 2, "the objects are given up: {added:?}");
    assert_eq!(world.rows().await.len(), before + 2, "nothing else is new");
    // What fits into items still works.
    let _ = ours.post(&messages, &json!({ "body": "a".repeat(8_000) })).await.expect(201);
    assert_eq!(ours.get(CONVERSATIONS).await.expect(200)["conversations"].as_array().map(Vec::len), Some(1));
    for path in [format!("{messages}/{}", text(&stored, "id")), messages.clone()] {
        let _ = ours.get(&path).await.expect_problem(503, "unavailable");
    }
}

#[tokio::test]
async fn lost_response_leaves_one_message_and_one_object() {
    for lost in [1, 2, 3, 6, 7] {
        let world = World::behind_proxy(Faults::default()).await;
        let ours = world.server_key();
        let path = ours.open_path().await;
        let messages = format!("{path}/messages");
        for key in [false, true] {
            world.proxy().set_faults(Faults { lost_responses: lost, ..Faults::default() });
            let ask = || {
                let ask = ours.ask(Method::POST, &messages).json(&long());
                if key { ask.header("idempotency-key", "k") } else { ask }
            };
            let message = ask().send().await.expect(201)["message"].clone();
            world.proxy().set_faults(Faults::default());
            assert_eq!(message["body"], long()["body"]);
            if key {
                assert_eq!(ask().send().await.expect(201)["message"], message);
            }
            let _ = world.drain_events().await;
            let expected = 1 + usize::from(key);
            let thread = all(&ours, &messages, "messages").await;
            assert_eq!((thread.len(), thread.last(), contents(&world)), (expected, Some(&message), expected), "{lost}");
        }
        world.assert_settled().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_message_leaves_no_object() {
    let _alone = ALONE.lock().await;
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let messages = format!("{path}/messages");
    let (mut ended, mut first) = (0, minimal_conversation());
    first["message"] = long();
    for waits in 0..24 {
        let (to, body) = if waits % 2 == 0 { (messages.as_str(), long()) } else { (CONVERSATIONS, first.clone()) };
        let send = ours.ask(Method::POST, to).json(&body).header("idempotency-key", "k").send_now();
        ended += usize::from(interrupt_after(Some(waits / 2), send).await.is_none());
        world.clock.advance_millis(25 * 60 * 60 * 1000);
    }
    assert!(ended > 6, "only {ended} were ended");
    let _ = world.drain_events().await;
    expire_unused(&world).await;
    let mut stored = 0;
    for conversation in all(&ours, CONVERSATIONS, "conversations").await {
        let thread = all(&ours, &format!("{CONVERSATIONS}/{}/messages", text(&conversation, "id")), "messages").await;
        assert!(thread.iter().all(|message| message["content"] == long()["content"]));
        stored += thread.len();
    }
    assert!(stored > 0, "some are complete");
    assert_eq!(contents(&world), stored);
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn message_during_delete_leaves_no_object() {
    let _alone = ALONE.lock().await;
    let world = World::new().await;
    let ours = world.server_key();
    for _ in 0..10 {
        let path = ours.open_path().await;
        let messages = format!("{path}/messages");
        let body = long();
        let (one, two, deleted) = tokio::join!(
            ours.post(&messages, &body),
            ours.post(&messages, &body),
            ours.ask(Method::DELETE, &path).send(),
        );
        let _ = deleted.expect(204);
        for answer in [one, two] {
            assert!([201, 404].contains(&answer.status.as_u16()), "{}", answer.status);
        }
        let _ = world.drain_events().await;
    }
    assert_eq!(contents(&world), 0);
    world.assert_settled().await;
}
