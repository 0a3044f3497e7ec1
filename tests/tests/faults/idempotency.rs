use std::{collections::HashSet, sync::Arc};

use deskless_tests::{Faults, TestResponse, World, example_conversation};
use serde_json::{Value, json};

use crate::support::{CONVERSATIONS, all, at_once, post, text};

const REPEATS: usize = 32;
/// 200 rounds in total, ten per world, for the reason given in [`super::external_id`].
const WORLDS: usize = 20;
const ROUNDS: usize = 10;

/// Sends a request 32 times at once with one key and returns the response, which must be the same for all. One request
/// does the work; the others are marked as replayed.
async fn repeat(world: &Arc<World>, path: &str, key: &str, body: &Value) -> Value {
    let answers = at_once(world, REPEATS, |world, _| {
        let (path, key, body) = (path.to_owned(), key.to_owned(), body.clone());
        async move { post(world.server_key(), &path, Some(&key), &body).await }
    })
    .await;
    let told = |answer: &TestResponse| {
        let headers = ["etag", "location", "content-type"].map(|name| answer.header(name).map(str::to_owned));
        (answer.status.as_u16(), headers, answer.bytes.clone())
    };
    let first = told(&answers[0]);
    assert_eq!(first.0, 201, "{:?}", answers[0]);
    for answer in &answers {
        assert_eq!(told(answer), first);
    }
    let replays = answers.iter().filter(|answer| answer.header("idempotent-replayed") == Some("true")).count();
    assert_eq!(replays, REPEATS - 1);
    answers[0].json()
}

async fn repeat_conversations(world: World) {
    let world = Arc::new(world);
    let theirs = world.foreign_rows().await;
    let mut answered = HashSet::new();
    for round in 0..ROUNDS {
        world.clock.advance_millis(7);
        let mut body = example_conversation();
        body["customer"]["id"] = json!(format!("cus_{}", round / 2));
        body["message"] = json!({ "body": format!("Round {round}") });
        // A retry also conflicts with its own external ID, and must not report that.
        match round % 2 {
            0 => body["externalId"] = json!(format!("ticket_{round}")),
            _ => body["externalId"] = Value::Null,
        }
        let answer = repeat(&world, CONVERSATIONS, &format!("round {round}"), &body).await;
        answered.insert(text(&answer["conversation"], "id"));
    }
    let listed = all(&world.server_key(), CONVERSATIONS, "conversations").await;
    assert_eq!(listed.len(), ROUNDS);
    assert_eq!(listed.iter().map(|row| text(row, "id")).collect::<HashSet<_>>(), answered);
    assert_eq!(world.foreign_rows().await, theirs);
    world.assert_sound().await;
}

async fn repeat_messages(world: World) {
    let world = Arc::new(world);
    let path = format!("{}/messages", world.server_key().open_path().await);
    let mut answered = Vec::new();
    for round in 0..ROUNDS {
        world.clock.advance_millis(7);
        let body = json!({ "body": format!("Round {round}") });
        answered.push(repeat(&world, &path, &format!("round {round}"), &body).await["message"].clone());
    }
    assert_eq!(all(&world.server_key(), &path, "messages").await, answered);
    world.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_retries_create_one_conversation() {
    let _alone = crate::support::ALONE.lock().await;
    for _ in 0..WORLDS {
        repeat_conversations(World::new().await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_retries_create_one_message() {
    let _alone = crate::support::ALONE.lock().await;
    for _ in 0..WORLDS {
        repeat_messages(World::new().await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_retries_have_one_effect_under_conflicts() {
    let _alone = crate::support::ALONE.lock().await;
    let conflicts = || Faults { conflicts_percent: 30, ..Faults::default() };
    repeat_conversations(World::behind_proxy(conflicts()).await).await;
    repeat_messages(World::behind_proxy(conflicts()).await).await;
}
