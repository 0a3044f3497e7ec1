//! The table's stream, handed to the very function that Lambda hands it to.

use aws_lambda_events::dynamodb::Event;
use deskless_infra::stream::{Stream, is_wanted, sequence_number};
use deskless_store::Store;
use serde_json::{Value, json};

/// How records are delivered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Delivery {
    /// How many of a hundred records come a second time, in a later batch.
    pub doubled_percent: u64,
    /// Whether the records of a batch come in another order than they were written in.
    pub shuffled: bool,
    /// How many of a hundred batches are not answered after their work was done, and come again whole.
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
}

/// More deliveries of one batch than this mean that it never succeeds.
const PATIENCE: usize = 50;

/// Delivers every record from `after` on until no new ones come, and says where it ended.
pub(crate) async fn drain(
    store: &Store,
    engine: &str,
    table: &str,
    after: &mut Option<String>,
    delivery: Delivery,
) -> Drained {
    let mut stream = Stream::open(engine, table, after.as_deref()).await.expect("the stream is there");
    let mut drained = Drained::default();
    let mut dice = 1_u64;
    let mut happens = move |percent: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % 100 < percent
    };
    let mut again: Vec<Value> = Vec::new();
    loop {
        let fresh = stream.next().await.expect("the stream is read");
        if let Some(last) = fresh.last() {
            *after = Some(sequence_number(last).to_owned());
        }
        let ended = fresh.is_empty();
        let fresh: Vec<_> = fresh.into_iter().filter(is_wanted).collect();
        drained.records += fresh.len();
        let mut batch = std::mem::take(&mut again);
        again.extend(fresh.iter().filter(|_| happens(delivery.doubled_percent)).cloned());
        batch.extend(fresh);
        if batch.is_empty() {
            if ended {
                return drained;
            }
            continue;
        }
        if delivery.shuffled {
            batch.sort_by_cached_key(|_| happens(50));
        }
        let mut tries = 0;
        loop {
            assert!(tries < PATIENCE, "a batch never succeeds: {batch:#?}");
            tries += 1;
            drained.batches += 1;
            let event: Event = serde_json::from_value(json!({ "Records": batch })).expect("records are an event");
            let answer = deskless_events::handle(store.clone(), event).await;
            if let Some(failure) = answer.batch_item_failures.first() {
                drained.failures += 1;
                let from = failure.item_identifier.as_deref().unwrap_or_default();
                let at = batch.iter().position(|record| sequence_number(record) == from).expect("one of this batch");
                batch.drain(..at);
            } else if !happens(delivery.failing_percent) {
                break;
            }
        }
    }
}
