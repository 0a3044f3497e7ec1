//! A function that is killed while it handles a request.

use std::time::Duration;

use deskless_tests::minimal_conversation;
use http::Method;
use serde_json::{Value, json};

use crate::watch::{PreparedRequest, Watch};

const MESSAGES: usize = 60;
/// The messages at which the function is killed.
const KILLED_AT: [usize; 3] = [10, 11, 35];

fn message(watch: &Watch, path: &str, number: usize) -> PreparedRequest {
    // Short enough to detect a lost response soon. A slow request is retried too, which its idempotency key makes safe.
    watch
        .ask(Method::POST, path)
        .header("idempotency-key", &format!("message-{number}"))
        .json(&json!({ "body": format!("Message {number}") }))
        .patience(Duration::from_secs(3))
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_writes_survive_a_killed_function() {
    let Some(mut watch) = Watch::start("kill").await else { return };
    let created = watch.post("/api/v1/conversations", &minimal_conversation()).await;
    let path = format!("{}/messages", created.header("location").expect("a location"));

    let mut acknowledged = Vec::new();
    for number in 0..MESSAGES {
        let mut answer = None;
        if KILLED_AT.contains(&number) {
            // Kill the function at an arbitrary point of the request, and start another one.
            let on_its_way = tokio::spawn(message(&watch, &path, number).try_send());
            watch.kill_function("messages").await;
            watch.start_function("messages");
            answer = on_its_way.await.expect("the task ends");
        }
        let answer = match answer {
            Some(answer) => answer,
            None => repeat(&watch, &path, number).await,
        };
        acknowledged.push(answer.expect(201)["message"]["id"].clone());
    }

    let thread = watch.get(&format!("{path}?limit=500")).await.expect(200);
    let thread = thread["messages"].as_array().expect("messages");
    let ids: Vec<&Value> = thread.iter().map(|message| &message["id"]).collect();
    assert_eq!(ids, acknowledged.iter().collect::<Vec<_>>());
    let bodies: Vec<_> = thread.iter().map(|message| message["body"].clone()).collect();
    assert_eq!(bodies, (0..MESSAGES).map(|number| json!(format!("Message {number}"))).collect::<Vec<_>>());
    watch.world.assert_sound().await;
}

/// Retries as a client does: the same request with the same key.
async fn repeat(watch: &Watch, path: &str, number: usize) -> deskless_tests::TestResponse {
    for _ in 0..20 {
        if let Some(answer) = message(watch, path, number).try_send().await {
            return answer;
        }
    }
    panic!("message {number} never gets a response");
}
