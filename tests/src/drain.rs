//! The table's stream, handed to the very functions that Lambda hands it to.

use std::{future::poll_fn, ops::AddAssign, pin::pin, task::Poll};

use deskless_infra::{
    stream::{BATCH, Stream, sequence_number},
    worker::Worker,
};
use deskless_store::Store;
use serde_json::{Value, json};

use crate::{Internet, Row};

/// How records are delivered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Delivery {
    /// How many of a hundred records come a second time, one or more batches later.
    pub doubled_percent: u64,
    /// Whether the records of a batch come in another order than they were written in.
    pub shuffled: bool,
    /// How many of a hundred batches are not answered and come again whole: the function is ended in the middle of its
    /// work, or right behind it.
    pub failing_percent: u64,
}

/// What was delivered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Drained {
    /// How many records there were.
    pub records: usize,
    /// How many batches were handed over, those that came again included.
    pub batches: usize,
    /// How many times the function said that a record has to come again.
    pub failures: usize,
    /// How many times it was ended in the middle.
    pub ended: usize,
}

/// More deliveries of one batch than this mean that it never succeeds.
const PATIENCE: usize = 50;
/// A function that is ended in the middle waits less often than this before: about as often as it does for a batch.
const MOST_WAITS: u64 = 40;

/// Where records come from.
pub(crate) enum Source<'a> {
    /// A table's stream; up to where it was read.
    Stream(Stream, &'a mut Option<String>),
    /// These.
    Records(std::vec::IntoIter<Value>),
}

impl<'a> Source<'a> {
    /// A table's stream, behind the record with this sequence number.
    pub(crate) async fn stream(engine: &str, table: &str, after: &'a mut Option<String>) -> Self {
        let stream = Stream::open(engine, table, after.as_deref()).await.expect("the stream is there");
        Self::Stream(stream, after)
    }

    /// The next batch; empty when there is none.
    async fn next(&mut self) -> Vec<Value> {
        match self {
            Self::Stream(stream, after) => {
                let fresh = stream.next().await.expect("the stream is read");
                if let Some(last) = fresh.last() {
                    **after = Some(sequence_number(last).to_owned());
                }
                fresh
            }
            Self::Records(records) => records.take(BATCH).collect(),
        }
    }
}

impl AddAssign for Drained {
    fn add_assign(&mut self, more: Self) {
        self.records += more.records;
        self.batches += more.batches;
        self.failures += more.failures;
        self.ended += more.ended;
    }
}

/// Reads what comes from there, and delivers none of it.
pub(crate) async fn lose(mut source: Source<'_>) {
    while !source.next().await.is_empty() {}
}

/// Delivers what comes from there to a worker, until nothing comes any more.
pub(crate) async fn deliver(
    worker: Worker,
    store: &Store,
    internet: &Internet,
    mut source: Source<'_>,
    delivery: Delivery,
) -> Drained {
    let mut drained = Drained::default();
    let mut dice = 1_u64;
    let mut throw = move |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    let mut again: Vec<Value> = Vec::new();
    loop {
        let fresh = source.next().await;
        let ended = fresh.is_empty();
        let fresh: Vec<_> = fresh.into_iter().filter(|record| worker.wants(record)).collect();
        drained.records += fresh.len();
        let (mut batch, later): (Vec<_>, Vec<_>) = again.into_iter().partition(|_| throw(100) < 50);
        again = later;
        again.extend(fresh.iter().filter(|_| throw(100) < delivery.doubled_percent).cloned());
        batch.extend(fresh);
        if batch.is_empty() {
            if ended && again.is_empty() {
                return drained;
            }
            continue;
        }
        if delivery.shuffled {
            batch.sort_by_cached_key(|_| throw(100) < 50);
        }
        let mut tries = 0;
        loop {
            assert!(tries < PATIENCE, "a batch never succeeds: {batch:#?}");
            tries += 1;
            drained.batches += 1;
            let waits = (throw(100) < delivery.failing_percent).then(|| throw(MOST_WAITS));
            let Some(failed) = ended_after(waits, Box::pin(hand_over(worker, store, internet, &batch))).await else {
                drained.ended += 1;
                continue;
            };
            if let Some(from) = failed {
                drained.failures += 1;
                let at = batch.iter().position(|record| sequence_number(record) == from).expect("one of this batch");
                batch.drain(..at);
            } else if waits.is_none() {
                break;
            }
        }
    }
}

/// Ends work when it has to wait once more than so many times: a function is ended wherever it is.
pub async fn ended_after<T>(waits: Option<u64>, work: impl Future<Output = T>) -> Option<T> {
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

/// Hands over one batch, and gives the sequence number of the first record that has to come again.
pub(crate) async fn hand_over(worker: Worker, store: &Store, internet: &Internet, batch: &[Value]) -> Option<String> {
    worker.hand_over_with(store, internet.webhooks(), batch).await.expect("records are an event")
}

/// What the stream tells of a row that was this and is that. The sequence number is the caller's: it orders nothing for
/// the worker, and names a record within its batch.
#[must_use]
pub fn record(sequence_number: usize, before: Option<&Row>, after: Option<&Row>) -> Value {
    let row = after.or(before).expect("a row that is or was there");
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
