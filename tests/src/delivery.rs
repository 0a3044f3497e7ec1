//! Delivers stream records to the workers, as Lambda does, with optional duplicates, reordering and failures.

use std::{future::poll_fn, ops::AddAssign, pin::pin, task::Poll};

use deskless_infra::{
    stream::{BATCH, Stream, sequence_number},
    worker::Worker,
};
use deskless_store::Store;
use serde_json::{Value, json};

use crate::{Row, WebhookServers};

/// Options for the delivery of records.
#[derive(Debug, Clone, Copy, Default)]
pub struct Delivery {
    /// Percentage of records that are delivered again in a later batch.
    pub duplicated_percent: u64,
    /// Whether the records of a batch are reordered.
    pub shuffled: bool,
    /// Percentage of batches during which the function is interrupted, at a random point or after its last write. The
    /// whole batch is delivered again.
    pub failing_percent: u64,
}

/// Statistics of a delivery.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeliveryStats {
    /// The number of new records.
    pub records: usize,
    /// The number of batches delivered, including retries.
    pub batches: usize,
    /// How often the function reported a failed record.
    pub failures: usize,
    /// How often the function was interrupted.
    pub interrupted: usize,
}

/// The maximum number of deliveries of a batch before the test fails.
const MAX_DELIVERIES: usize = 200;
/// An interrupted function has waited fewer times than this, which is about how often it waits for a whole batch.
const MAX_WAITS: u64 = 40;

/// A source of records.
pub(crate) enum Source<'a> {
    /// A table's stream, and the last sequence number read.
    Stream(Stream, &'a mut Option<String>),
    /// Generated records.
    Records(std::vec::IntoIter<Value>),
}

impl<'a> Source<'a> {
    /// Opens a table's stream after the record with this sequence number.
    pub(crate) async fn stream(engine: &str, table: &str, after: &'a mut Option<String>) -> Self {
        let stream = Stream::open(engine, table, after.as_deref()).await.expect("the table has a stream");
        Self::Stream(stream, after)
    }

    /// Returns the next batch. It is empty if there are no more records.
    async fn next(&mut self) -> Vec<Value> {
        match self {
            Self::Stream(stream, after) => {
                let records = stream.next().await.expect("the stream is read");
                if let Some(last) = records.last() {
                    **after = Some(sequence_number(last).to_owned());
                }
                records
            }
            Self::Records(records) => records.take(BATCH).collect(),
        }
    }
}

impl AddAssign for DeliveryStats {
    fn add_assign(&mut self, more: Self) {
        self.records += more.records;
        self.batches += more.batches;
        self.failures += more.failures;
        self.interrupted += more.interrupted;
    }
}

/// Reads all records of a source without delivering them.
pub(crate) async fn skip(mut source: Source<'_>) {
    while !source.next().await.is_empty() {}
}

/// Delivers the records of a source to a worker until all have succeeded.
pub(crate) async fn deliver(
    worker: Worker,
    store: &Store,
    internet: &WebhookServers,
    mut source: Source<'_>,
    delivery: Delivery,
) -> DeliveryStats {
    let mut stats = DeliveryStats::default();
    let mut seed = 1_u64;
    let mut random = move |sides: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % sides
    };
    let mut redeliveries: Vec<Value> = Vec::new();
    loop {
        let records = source.next().await;
        let exhausted = records.is_empty();
        let records: Vec<_> = records.into_iter().filter(|record| worker.wants(record)).collect();
        stats.records += records.len();
        let (mut batch, later): (Vec<_>, Vec<_>) = redeliveries.into_iter().partition(|_| random(100) < 50);
        redeliveries = later;
        redeliveries.extend(records.iter().filter(|_| random(100) < delivery.duplicated_percent).cloned());
        batch.extend(records);
        if batch.is_empty() {
            if exhausted && redeliveries.is_empty() {
                return stats;
            }
            continue;
        }
        if delivery.shuffled {
            batch.sort_by_cached_key(|_| random(100) < 50);
        }
        let mut deliveries = 0;
        loop {
            assert!(deliveries < MAX_DELIVERIES, "a batch never succeeds: {batch:#?}");
            deliveries += 1;
            stats.batches += 1;
            let waits = (random(100) < delivery.failing_percent).then(|| random(MAX_WAITS));
            let Some(failed) = interrupt_after(waits, Box::pin(deliver_batch(worker, store, internet, &batch))).await
            else {
                stats.interrupted += 1;
                continue;
            };
            if let Some(from) = failed {
                stats.failures += 1;
                let at =
                    batch.iter().position(|record| sequence_number(record) == from).expect("a record of this batch");
                batch.drain(..at);
            } else if waits.is_none() {
                break;
            }
        }
    }
}

/// Runs `work` and drops it when it would wait more than `waits` times. Returns `None` if it was dropped.
pub async fn interrupt_after<T>(waits: Option<u64>, work: impl Future<Output = T>) -> Option<T> {
    let Some(mut left) = waits else { return Some(work.await) };
    let mut work = pin!(work);
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

/// Delivers one batch and returns the sequence number of the first failed record, if any.
pub(crate) async fn deliver_batch(
    worker: Worker,
    store: &Store,
    internet: &WebhookServers,
    batch: &[Value],
) -> Option<String> {
    worker.hand_over_with(store, internet.client(), batch).await.expect("records form an event")
}

/// Returns the stream record of a change from `before` to `after`. Workers use the sequence number only to identify a
/// record in its batch.
#[must_use]
pub fn record(sequence_number: usize, before: Option<&Row>, after: Option<&Row>) -> Value {
    let row = after.or(before).expect("an item before or after the change");
    let name = match (before, after) {
        (None, _) => "INSERT",
        (_, None) => "REMOVE",
        _ => "MODIFY",
    };
    let mut change = json!({
        "ApproximateCreationDateTime": 1_782_669_600,
        "Keys": { "pk": row.0["pk"], "sk": row.0["sk"] },
        "SequenceNumber": format!("{sequence_number:021}"),
        "SizeBytes": 1,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    for (image, row) in [("OldImage", before), ("NewImage", after)] {
        if let Some(row) = row {
            change[image] = row.0.clone();
        }
    }
    json!({ "eventID": "1", "eventName": name, "awsRegion": "local", "dynamodb": change })
}
