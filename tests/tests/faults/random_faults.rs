//! A mixed load under random faults, followed by a check of the invariants.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use deskless_tests::{Faults, TestResponse, World};
use http::Method;
use serde_json::{Value, json};

use crate::support::{CONVERSATIONS, all, at_once, text};

const CALLERS: usize = 12;
const STEPS: usize = 25;

/// The writes that were acknowledged to one caller.
#[derive(Default)]
struct Acknowledged {
    /// External ID and ID of each created conversation.
    opened: Vec<(String, String)>,
    /// Text of each created object, and the path of the list that must contain it.
    written: Vec<(String, String)>,
}

#[derive(Default)]
struct Tally {
    answers: AtomicUsize,
    unavailable: AtomicUsize,
}

/// Retries 503 responses, like a careful client.
async fn retry_until_available(
    world: &World,
    tally: &Tally,
    method: Method,
    path: &str,
    key: Option<String>,
    body: &Value,
) -> TestResponse {
    loop {
        let mut ask = world.server_key().ask(method.clone(), path).json(body);
        if let Some(key) = &key {
            ask = ask.header("idempotency-key", key);
        }
        let answer = ask.send().await;
        tally.answers.fetch_add(1, Ordering::SeqCst);
        if answer.status != 503 {
            assert_ne!(answer.status, 500, "{answer:?}");
            return answer;
        }
        tally.unavailable.fetch_add(1, Ordering::SeqCst);
    }
}

async fn step(
    world: &World,
    tally: &Tally,
    threads: &[String],
    name: &str,
    choice: usize,
    acknowledged: &mut Acknowledged,
) {
    let thread = &threads[choice / 7 % threads.len()];
    let key = Some(name.to_owned());
    match choice % 7 {
        0 => {
            let body = json!({
                "subject": name, "externalId": name, "customer": { "id": format!("cus_{}", choice % 5), "name": name },
                "message": { "body": name },
            });
            let answer = retry_until_available(world, tally, Method::POST, CONVERSATIONS, key, &body).await;
            let id = text(&answer.expect(201)["conversation"], "id");
            acknowledged.written.push((name.to_owned(), format!("{CONVERSATIONS}/{id}")));
            acknowledged.opened.push((name.to_owned(), id));
        }
        1 => {
            let status = ["open", "waiting", "solved"][choice % 3];
            let change = json!({ "status": status, "metadata": { "by": name } });
            let _ = retry_until_available(world, tally, Method::PATCH, thread, None, &change).await.expect(200);
        }
        2 => {
            let change = json!({ "metadata": { "by": name.repeat(300) } });
            let _ = retry_until_available(world, tally, Method::PATCH, thread, None, &change).await.expect(200);
        }
        3 => {
            let _ = retry_until_available(world, tally, Method::GET, thread, None, &Value::Null).await.expect(200);
            let path = format!("{CONVERSATIONS}?limit=5&status=open");
            let _ = retry_until_available(world, tally, Method::GET, &path, None, &Value::Null).await.expect(200);
        }
        _ => {
            let role = ["user", "assistant", "system"][choice % 3];
            let kind = if choice.is_multiple_of(4) { "note" } else { "reply" };
            let body = json!({ "body": name, "role": role, "type": kind });
            let _ = retry_until_available(world, tally, Method::POST, &format!("{thread}/messages"), key, &body)
                .await
                .expect(201);
            acknowledged.written.push((name.to_owned(), thread.clone()));
        }
    }
}

/// Runs all callers under these faults and asserts that every acknowledged write exists.
async fn assert_invariants_under(faults: Faults) {
    let world = Arc::new(World::behind_proxy(Faults::default()).await);
    let theirs = world.foreign_rows().await;
    let mut threads = Vec::new();
    for _ in 0..4 {
        threads.push(world.server_key().open_path().await);
    }
    let (threads, tally) = (Arc::new(threads), Arc::new(Tally::default()));
    let _ = world.proxy().take_meter();
    world.proxy().set_faults(faults.clone());
    let acknowledged = at_once(&world, CALLERS, |world, caller| {
        let (threads, tally) = (Arc::clone(&threads), Arc::clone(&tally));
        async move {
            let mut acknowledged = Acknowledged::default();
            for i in 0..STEPS {
                let choice = caller * 31 + i * 17;
                step(&world, &tally, &threads, &format!("{caller}-{i}"), choice, &mut acknowledged).await;
            }
            acknowledged
        }
    })
    .await;
    world.proxy().set_faults(Faults::default());
    let meter = world.proxy().take_meter();
    println!(
        "{} requests to the engine, {} disturbed; {} answers, {} of them 503; {faults:?}",
        meter.operations.len(),
        meter.disturbed,
        tally.answers.load(Ordering::SeqCst),
        tally.unavailable.load(Ordering::SeqCst),
    );

    let role = world.server_key();
    let mut by_external_id = HashMap::new();
    for conversation in all(&role, CONVERSATIONS, "conversations").await {
        if let Some(external_id) = conversation["externalId"].as_str() {
            by_external_id.insert(external_id.to_owned(), text(&conversation, "id"));
        }
        let path = format!("{CONVERSATIONS}/{}", text(&conversation, "id"));
        let thread = all(&role, &format!("{path}/messages"), "messages").await;
        let mut found: Vec<String> = thread.iter().map(|message| text(message, "body")).collect();
        let mut wanted: Vec<String> = acknowledged
            .iter()
            .flat_map(|acknowledged| &acknowledged.written)
            .filter(|(_, at)| *at == path)
            .map(|(body, _)| body.clone())
            .collect();
        found.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{path} has every acknowledged write exactly once");
    }
    let opened: HashMap<_, _> =
        acknowledged.iter().flat_map(|acknowledged| acknowledged.opened.iter().cloned()).collect();
    assert_eq!(by_external_id, opened);
    assert_eq!(world.foreign_rows().await, theirs);
    world.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttling_keeps_invariants() {
    let _alone = crate::support::ALONE.lock().await;
    assert_invariants_under(Faults { throttles_percent: 15, ..Faults::default() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_around_commit_keep_invariants() {
    let _alone = crate::support::ALONE.lock().await;
    assert_invariants_under(Faults { errors_before_percent: 8, errors_after_percent: 8, ..Faults::default() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_connections_keep_invariants() {
    let _alone = crate::support::ALONE.lock().await;
    assert_invariants_under(Faults { cuts_percent: 15, ..Faults::default() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_faults_together_keep_invariants() {
    let _alone = crate::support::ALONE.lock().await;
    let faults = Faults {
        conflicts_percent: 30,
        throttles_percent: 15,
        errors_before_percent: 10,
        errors_after_percent: 10,
        cuts_percent: 10,
        ..Faults::default()
    };
    assert_invariants_under(faults).await;
}
