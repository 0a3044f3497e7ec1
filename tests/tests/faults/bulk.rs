//! Interrupted bulk actions: each conversation is changed once, and the counts are exact.

use std::{future::poll_fn, pin::pin, slice, sync::Arc, task::Poll};

use deskless_tests::{Faults, Row, TestResponse, Worker, World, minimal_conversation, packed, record};
use http::Method;
use serde_json::{Value, json};

use crate::support::{ALONE, CONVERSATIONS, at_once, text};

const PATH: &str = "/api/v1/bulk-actions";

/// Writes this many open conversations directly to the table, oldest activity first. Returns their IDs.
async fn plant(world: &World, count: usize) -> Vec<String> {
    let opened = world.server_key().open(&minimal_conversation()).await;
    let like = world.row(&pk(world, &text(&opened, "id")), "A").await.expect("the conversation");
    let ids: Vec<_> = (0..count).map(|i| format!("019f0f63-6500-7232-afd6-{i:010}01")).collect();
    let mut rows: Vec<_> = ids
        .iter()
        .enumerate()
        .map(|(i, id)| {
            let mut row = like.clone();
            row.0["pk"] = json!({ "S": pk(world, id) });
            for attribute in ["activity", "orderMark"] {
                row.set(attribute, json!({ "S": packed(id) }));
            }
            row.set("number", json!({ "N": (i + 2).to_string() }));
            row
        })
        .collect();
    let mut numbers = world.row(&format!("{}#N", world.prefix()), "A").await.expect("the numbers");
    numbers.0["last"] = json!({ "N": (count + 1).to_string() });
    rows.push(numbers);
    world.plant(&rows).await;
    let path = format!("{CONVERSATIONS}/{}", text(&opened, "id"));
    let _ = world.server_key().ask(Method::DELETE, &path).send().await.expect(204);
    ids
}

fn pk(world: &World, conversation: &str) -> String {
    world.pk("C", conversation)
}

async fn begin(world: &World, body: Value) -> String {
    let begun = world.server_key().post(PATH, &body).await.expect(202);
    text(&begun["bulkAction"], "id")
}

async fn shown(world: &World, id: &str) -> Value {
    world.server_key().get(&format!("{PATH}/{id}")).await.expect(200)["bulkAction"].clone()
}

/// Returns the action's item while it has work left.
async fn due(world: &World, id: &str) -> Option<Row> {
    let row = world.row(&world.pk("B", id), "A").await.expect("the action");
    row.get("job").is_some().then_some(row)
}

/// Returns how often each conversation was changed, and how many conversations the action's items count as processed.
async fn changes(world: &World, action: &str, ids: &[String]) -> (Vec<u64>, usize) {
    let rows = world.rows().await;
    let done = world.pk("B", action);
    let done = rows.iter().filter(|row| row.pk() == done && row.sk().starts_with("D#")).count();
    let versions: std::collections::HashMap<_, _> =
        rows.iter().filter(|row| row.sk() == "A").map(|row| (row.pk(), row.get("version"))).collect();
    let version =
        |id: &String| versions[pk(world, id).as_str()].and_then(|v| v.parse::<u64>().ok()).expect("a version");
    (ids.iter().map(|id| version(id) - 1).collect(), done)
}

/// Delivers one record and drops the work when it would wait more than `waits` times, at any point and with requests in
/// flight. Returns whether it finished. If not, the stream delivers the record again.
async fn deliver_interrupted(world: &World, record: &Value, mut waits: usize) -> bool {
    let mut work = pin!(world.deliver_once(Worker::Jobs, slice::from_ref(record)));
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(done),
        Poll::Pending if waits == 0 => Poll::Ready(false),
        Poll::Pending => {
            waits -= 1;
            Poll::Pending
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn job_killed_50_times_changes_each_once() {
    let _alone = ALONE.lock().await;
    let world = World::new().await;
    // Records are delivered by hand below: one for each change of the action's item.
    world.disable_stream().await;
    let ids = plant(&world, 10_000).await;
    let filter = json!({ "status": "open" });
    let id = begin(&world, json!({ "action": "update_status", "status": "solved", "filter": filter })).await;
    let late = world.server_key().open_path().await;

    let (mut before, mut steps, mut killed) = (None, 0, 0);
    while let Some(row) = due(&world, &id).await {
        let told = record(steps, before.as_ref(), Some(&row));
        // Interrupt every other step at a varying point.
        let mut waits = if steps % 2 == 0 { steps * 7 % 11 } else { usize::MAX };
        while !deliver_interrupted(&world, &told, waits).await {
            killed += 1;
            assert!(killed < 1000, "a step never ends");
            waits = (waits + 1) * 3;
        }
        steps += 1;
        if steps == 50 {
            for id in &ids[9_990..] {
                // Removed from the filter before they are processed.
                let waiting = json!({ "status": "waiting" });
                let _ = world.server_key().patch(&format!("{CONVERSATIONS}/{id}"), &waiting).await.expect(200);
            }
        }
        before = Some(row);
    }

    assert!(killed >= 50, "only {killed} kills in {steps} steps");
    let bulk = shown(&world, &id).await;
    assert_eq!((&bulk["status"], &bulk["exact"]), (&json!("succeeded"), &json!(true)), "{bulk:#}");
    let counts = ["matchedCount", "processedCount", "failedCount"].map(|name| bulk[name].as_u64());
    assert_eq!(counts, [Some(9_990), Some(9_990), Some(0)], "after {killed} kills in {steps} steps");
    let (changed, done) = changes(&world, &id, &ids).await;
    assert_eq!(done, 9_990);
    assert!(changed.iter().all(|&times| times == 1), "after {killed} kills some were changed more than once, or never");
    let left = world.server_key().get(&format!("{CONVERSATIONS}?status=waiting")).await.expect(200);
    assert_eq!(left["conversations"].as_array().map(Vec::len), Some(10));
    let late = world.server_key().get(&late).await.expect(200);
    assert_eq!(late["conversation"]["status"], "open", "created after the action");
    world.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_jobs_do_not_interfere() {
    let _alone = ALONE.lock().await;
    let world = Arc::new(World::behind_proxy(Faults::default()).await);
    world.disable_stream().await;
    let ids = plant(&world, 500).await;
    let bodies = [
        json!({ "action": "tag", "add": ["a"], "filter": {}, "all": true }),
        json!({ "action": "update_status", "status": "waiting", "conversationIds": ids }),
    ];
    let mut jobs = Vec::new();
    for body in bodies {
        jobs.push(begin(&world, body).await);
    }
    world.proxy().set_faults(Faults { conflicts_percent: 10, errors_after_percent: 2, ..Faults::default() });
    let named = jobs.clone();
    // Two workers process each step at the same time.
    let _ = at_once(&world, 4, |world, worker| {
        let id = named[worker % 2].clone();
        async move {
            while let Some(row) = due(&world, &id).await {
                let _ = world.deliver_once(Worker::Jobs, &[record(1, None, Some(&row))]).await;
            }
        }
    })
    .await;
    world.proxy().set_faults(Faults::default());
    for job in &jobs {
        let bulk = shown(&world, job).await;
        assert_eq!(
            (&bulk["status"], &bulk["processedCount"], &bulk["failedCount"]),
            (&json!("succeeded"), &json!(500), &json!(0))
        );
        let (changed, done) = changes(&world, job, &ids).await;
        assert_eq!(done, 500);
        assert!(changed.iter().all(|&times| times == 2), "{changed:?}");
    }
    world.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_retries_start_one_action() {
    let world = Arc::new(World::behind_proxy(Faults { conflicts_percent: 10, ..Faults::default() }).await);
    for round in 0..5 {
        let ids = json!([text(&world.server_key().open(&minimal_conversation()).await, "id")]);
        let body = json!({ "action": "tag", "add": [format!("t{round}")], "conversationIds": ids });
        let answers: Vec<TestResponse> = at_once(&world, 16, |world, _| {
            let body = body.clone();
            async move {
                let ask = world.server_key().ask(Method::POST, PATH).header("idempotency-key", &format!("k{round}"));
                ask.json(&body).send_now().await
            }
        })
        .await;
        let first = answers[0].clone().expect(200);
        assert_eq!(first["bulkAction"]["processedCount"], 1);
        assert!(answers.iter().all(|answer| answer.status == 200 && answer.bytes == answers[0].bytes), "round {round}");
        let (changed, done) = changes(&world, &text(&first["bulkAction"], "id"), &[text_of(&ids)]).await;
        assert_eq!((changed, done), (vec![1], 1));
    }
    let listed = world.server_key().get(PATH).await.expect(200);
    assert_eq!(listed["bulkActions"].as_array().map(Vec::len), Some(5));
    world.assert_sound().await;
}

fn text_of(ids: &Value) -> String {
    ids[0].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_request_is_finished_by_the_worker() {
    let world = World::behind_proxy(Faults::default()).await;
    let (mut begun, mut disturbed) = (0, 0);
    for round in 1..=12 {
        let mut ids = Vec::new();
        for _ in 0..12 {
            ids.push(text(&world.server_key().open(&minimal_conversation()).await, "id"));
        }
        let body = json!({ "action": "tag", "add": ["a"], "conversationIds": ids });
        let key = format!("k{round}");
        let ask = || world.server_key().ask(Method::POST, PATH).header("idempotency-key", &key).json(&body);
        // Conflicts make requests wait, so that most are dropped before the response, at varying points.
        world.proxy().set_faults(Faults { conflicts_percent: 60, ..Faults::default() });
        let ended = tokio::select! {
            () = world.proxy().wait_for_faults(disturbed + round) => None,
            answer = ask().send_now() => Some(answer),
        };
        world.proxy().set_faults(Faults::default());
        disturbed += world.proxy().take_meter().disturbed;
        let _ = world.drain_events().await;
        if ended.is_none() {
            let rows = world.rows().await;
            begun += usize::from(rows.iter().any(|row| row.pk().contains("#B#") && row.sk() == "A"));
        }
        let repeat = ask().send().await.expect(200);
        assert_eq!(repeat["bulkAction"]["status"], "succeeded");
        assert_eq!(repeat["bulkAction"]["processedCount"], 12);
        let (changed, done) = changes(&world, &text(&repeat["bulkAction"], "id"), &ids).await;
        assert_eq!((changed, done), (vec![1; 12], 12), "round {round}");
    }
    assert!(begun >= 6, "only {begun} requests were dropped after their first write");
    let _ = world.drain_events().await;
    world.assert_settled().await;
}
