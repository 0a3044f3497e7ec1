//! Emulates Lambda's event source mappings on the table's stream: each worker has several lanes that run side by side, and
//! all records of one item are in one lane, in order.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use deskless_infra::{
    stream::{Stream, sequence_number},
    worker::Worker,
};
use serde_json::Value;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinSet,
    time::interval,
};

use crate::{World, delivery::deliver_batch};

/// How often an empty stream is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Running event source mappings. Dropping them stops them.
#[derive(Debug)]
pub struct Lanes(#[expect(dead_code, reason = "the tasks end when it is dropped")] JoinSet<()>);

impl World {
    /// Delivers the records that are written from now on to all workers, in this many lanes each.
    pub async fn run_lanes(self: &Arc<Self>, lanes: usize) -> Lanes {
        let mut tasks = JoinSet::new();
        for worker in Worker::ALL {
            let senders: Vec<_> = (0..lanes)
                .map(|_| {
                    let (sender, receiver) = unbounded_channel();
                    let _ = tasks.spawn(run_lane(Arc::clone(self), worker, receiver));
                    sender
                })
                .collect();
            let mut stream = Stream::open(self.engine_url(), self.table_name(), None).await.expect("a stream");
            while !stream.next().await.expect("records").is_empty() {}
            let _ = tasks.spawn(poll(stream, worker, senders));
        }
        Lanes(tasks)
    }
}

async fn poll(mut stream: Stream, worker: Worker, lanes: Vec<UnboundedSender<Value>>) {
    let mut ticks = interval(POLL_INTERVAL);
    loop {
        let records = stream.next().await.expect("records");
        if records.is_empty() {
            let _ = ticks.tick().await;
        }
        for record in records.into_iter().filter(|record| worker.wants(record)) {
            let mut hasher = DefaultHasher::new();
            record["dynamodb"]["Keys"].to_string().hash(&mut hasher);
            let lane = usize::try_from(hasher.finish() % lanes.len() as u64).expect("less than the number of lanes");
            let _ = lanes[lane].send(record);
        }
    }
}

/// The batch sizes in `template.yaml`.
fn batch_size(worker: Worker) -> usize {
    match worker {
        Worker::Events => 100,
        Worker::Jobs => 10,
    }
}

async fn run_lane(world: Arc<World>, worker: Worker, mut records: UnboundedReceiver<Value>) {
    let mut batch = Vec::new();
    while records.recv_many(&mut batch, batch_size(worker)).await > 0 {
        while !batch.is_empty() {
            let failed = Box::pin(deliver_batch(worker, &world.store, &world.webhook_servers, &batch)).await;
            let done = failed.map_or(batch.len(), |failed| {
                batch.iter().position(|record| sequence_number(record) == failed).expect("a record of this batch")
            });
            let _ = batch.drain(..done);
        }
    }
}
