//! The workers on the table's stream: handler times over real records, and the delay that a purge causes.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use deskless_infra::stream::Stream;
use deskless_tests::{Faults, Worker, World, measure_purge_delays, minimal_conversation};
use http::Method;
use serde_json::json;

use crate::figure::Figures;

/// The number of records in a batch.
const BATCH: usize = 100;
const BATCHES: usize = 10;
/// A usual latency of DynamoDB.
const LATENCY: Duration = Duration::from_millis(8);
/// The lanes of a shard in `template.yaml`.
const LANES_OF_SHARD: usize = 10;
/// The lanes of four shards.
const LANES: usize = 4 * LANES_OF_SHARD;
/// The records that the workers have to handle in a second.
const RATE: usize = 1_000;

/// Measures the handler of status changes, and the delay of one workspace's executions by another's purge of this many
/// messages, ten in each conversation.
pub async fn measure(messages: usize) -> Result<Figures> {
    let mut figures = Figures::new(format!(
        "Workers on the stream: seconds for a batch of {BATCH} status changes of {BATCH} conversations ({BATCHES} batches); \
         seconds from an event to the end of its execution, while another workspace removes {messages} messages"
    ));
    // All lanes together have one second for the records of a second.
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let limit = (LANES * BATCH) as f64 / RATE as f64;
    figures.seconds("batch on the embedded engine", &batches(Faults::default()).await?, limit);
    let delayed = Faults { delay: LATENCY, ..Faults::default() };
    figures.seconds(&format!("batch with {LATENCY:?} for each request"), &batches(delayed).await?, limit);
    let delays = measure_purge_delays(messages / 10, 10, LANES_OF_SHARD).await;
    figures.seconds("execution, without a purge", &[delays.alone], 2.0);
    figures.seconds(&format!("execution, during a purge of {:.0?}", delays.purge), &[delays.during], 2.0);
    ensure!(delays.finished_during > 0, "the purge ended before the first execution");
    Ok(figures)
}

/// Changes the status of 100 conversations again and again, and returns the time of the handler for each batch.
async fn batches(faults: Faults) -> Result<Vec<Duration>> {
    let world = World::behind_proxy(Faults::default()).await;
    let role = world.server_key();
    let mut paths = Vec::new();
    for _ in 0..BATCH {
        let id = role.open(&minimal_conversation()).await["id"].clone();
        paths.push(format!("/api/v1/conversations/{}", id.as_str().context("an id")?));
    }
    let _ = world.drain_events().await;
    let mut stream = Stream::open(world.engine_url(), world.table_name(), None).await?;
    let mut times = Vec::new();
    for batch in 0..BATCHES {
        while !stream.next().await?.is_empty() {}
        let status = ["solved", "open", "waiting"][batch % 3];
        for path in &paths {
            let _ = role.ask(Method::PATCH, path).json(&json!({ "status": status })).send().await.expect(200);
        }
        let mut records = Vec::new();
        loop {
            let more = stream.next().await?;
            if more.is_empty() {
                break;
            }
            records.extend(more.into_iter().filter(|record| Worker::Events.wants(record)));
        }
        ensure!(records.len() == BATCH, "{} records", records.len());
        world.proxy().set_faults(faults.clone());
        let started = Instant::now();
        ensure!(world.deliver_once(Worker::Events, &records).await, "the batch failed");
        times.push(started.elapsed());
        world.proxy().set_faults(Faults::default());
    }
    Ok(times)
}
