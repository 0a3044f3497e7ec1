//! During an outage, callers get an error in time, and nothing is half done.

use std::time::{Duration, Instant};

use deskless_tests::{Faults, PreparedRequest, TestResponse, World, example_conversation, minimal_conversation};
use futures_util::future::join_all;
use http::Method;
use serde_json::json;

use crate::support::{CONVERSATIONS, all};

/// The store retries a write for this long.
const RETRY_LIMIT: Duration = Duration::from_secs(8);
/// The timeout of a function. After it, the gateway would respond instead of us.
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(15);

fn assert_unavailable(answer: TestResponse) {
    assert_eq!(answer.header("retry-after"), Some("1"), "{answer:?}");
    let problem = answer.expect_problem(503, "unavailable");
    let text = problem["error"].as_str().expect("a text");
    assert!(text.starts_with("The request timed out and may have been carried out."), "{text}");
}

/// Prepares every kind of write to this conversation and beside it.
fn writes<'w>(world: &'w World, path: &str) -> Vec<PreparedRequest<'w>> {
    let role = world.server_key();
    let messages = format!("{path}/messages");
    let mut with_message = minimal_conversation();
    with_message["message"] = json!({ "body": "Hello" });
    vec![
        role.ask(Method::POST, CONVERSATIONS).json(&minimal_conversation()),
        role.ask(Method::POST, CONVERSATIONS).json(&example_conversation()),
        role.ask(Method::POST, CONVERSATIONS).json(&with_message).header("idempotency-key", "a"),
        role.ask(Method::POST, &messages).json(&json!({ "body": "Perhaps" })),
        role.ask(Method::POST, &messages).json(&json!({ "body": "Once" })).header("idempotency-key", "b"),
        role.ask(Method::PATCH, path).json(&json!({ "status": "solved" })),
        role.ask(Method::PATCH, path)
            .json(&json!({ "metadata": { "a": "x".repeat(2000) } }))
            .header("if-match", "\"1\""),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn write_gives_up_after_8_seconds_of_conflicts() {
    let world = World::behind_proxy(Faults::default()).await;
    let path = world.server_key().open_path().await;
    let before = world.rows().await.len();
    world.proxy().set_faults(Faults { conflicts_percent: 100, ..Faults::default() });
    // Sent concurrently, because each takes eight seconds.
    let answers = join_all(writes(&world, &path).into_iter().map(|ask| async {
        let started = Instant::now();
        (ask.send_now().await, started.elapsed())
    }))
    .await;
    for (answer, took) in answers {
        assert!(took >= RETRY_LIMIT && took < FUNCTION_TIMEOUT, "given up after {took:?}");
        assert_unavailable(answer);
    }
    world.proxy().set_faults(Faults::default());
    assert_eq!(world.rows().await.len(), before, "nothing was written");
    assert_eq!(world.server_key().get(&path).await.header("etag"), Some("\"1\""));
    for ask in writes(&world, &path) {
        let answer = ask.send().await;
        assert!(answer.status.is_success() || answer.status == 412, "{answer:?}");
    }
    world.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_connections_return_503_in_time() {
    let world = World::behind_proxy(Faults::default()).await;
    let role = world.server_key();
    let path = role.open_path().await;
    // One key is cached and one must be looked up. Neither may be reported as unknown.
    let stranger = world.make_key(deskless_tests::KeyOptions::default()).await;
    world.proxy().set_faults(Faults { cuts_percent: 100, ..Faults::default() });
    let mut asks = writes(&world, &path);
    for path in [CONVERSATIONS, &path, &format!("{path}/messages"), &format!("{path}/messages/{}", world.other)] {
        asks.push(role.ask(Method::GET, path));
        asks.push(world.with_key(&stranger).ask(Method::GET, path));
    }
    let started = Instant::now();
    for answer in join_all(asks.into_iter().map(PreparedRequest::send_now)).await {
        assert_unavailable(answer);
    }
    assert!(started.elapsed() < FUNCTION_TIMEOUT, "took {:?}", started.elapsed());
    world.proxy().set_faults(Faults::default());
    let _ = world.with_key(&stranger).get(&path).await.expect(200);
    // Some writes were committed before the connection broke. Retrying with the same key returns their result.
    let once = writes(&world, &path).remove(4).send().await.expect(201)["message"].clone();
    let thread = all(&role, &format!("{path}/messages"), "messages").await;
    assert_eq!(thread.into_iter().filter(|message| message["body"] == "Once").collect::<Vec<_>>(), [once]);
    world.assert_sound().await;
}
