//! Time limits of the workers: no record waits for an unrelated one.

use std::time::{Duration, Instant};

use deskless_infra::stream::Stream;
use deskless_tests::{Faults, Worker, World, measure_purge_delays, minimal_conversation};
use serde_json::json;

use crate::support::{ALONE, text};

/// The number of records in a batch.
const BATCH: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn status_changes_are_handled_side_by_side() {
    let _alone = ALONE.lock().await;
    let world = World::behind_proxy(Faults::default()).await;
    let role = world.server_key();
    let mut paths = Vec::new();
    for _ in 0..BATCH {
        paths.push(format!("/api/v1/conversations/{}", text(&role.open(&minimal_conversation()).await, "id")));
    }
    let _ = world.drain_events().await;
    let mut stream = Stream::open(world.engine_url(), world.table_name(), None).await.expect("a stream");
    while !stream.next().await.expect("records").is_empty() {}
    for path in &paths {
        let _ = role.patch(path, &json!({ "status": "solved" })).await.expect(200);
    }
    let mut records = Vec::new();
    loop {
        let more = stream.next().await.expect("records");
        if more.is_empty() {
            break;
        }
        records.extend(more.into_iter().filter(|record| Worker::Events.wants(record)));
    }
    assert_eq!(records.len(), BATCH);
    // A record takes at least two requests in a row, so one record after the other would take ten seconds.
    let delay = Duration::from_millis(50);
    world.proxy().set_faults(Faults { delay, ..Faults::default() });
    let started = Instant::now();
    assert!(world.deliver_once(Worker::Events, &records).await);
    let took = started.elapsed();
    world.proxy().set_faults(Faults::default());
    println!("{BATCH} status changes took {took:?} with {delay:?} for each request");
    assert!(took < Duration::from_secs(5), "{took:?}");
    let _ = world.drain_events().await;
    world.assert_settled().await;
    let counts = role.get("/api/v1/conversations/counts").await.expect(200);
    assert_eq!(counts["counts"]["solved"], BATCH);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn purge_does_not_delay_other_workspaces() {
    let _alone = ALONE.lock().await;
    // Many small conversations: with one record for each, they would fill the lane. One lane is the worst case.
    let delays = measure_purge_delays(300, 10, 1).await;
    println!("{delays:?}");
    assert!(delays.finished_during > 0, "the purge ended before the first execution: {delays:?}");
    assert!(delays.during < Duration::from_secs(2), "{delays:?}");
}
