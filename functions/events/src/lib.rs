//! The worker that follows changes: counters, removals, automation triggers and customer details.
//!
//! Lambda delivers each stream record at least once, and the records of one item in order. Every consumer takes effect once,
//! in whatever order its events come. When a consumer fails, the response names the first record to deliver again; the
//! records after it are delivered again too and change nothing.

mod dispatch;
mod filter;

use aws_lambda_events::{dynamodb::Event, streams::DynamoDbEventResponse};
use deskless_app::{ChangeFeed, Store};
use deskless_runtime::batch;

pub use filter::STREAM_FILTERS;

/// Reads a batch of records as changes, and hands each change to its consumers. Returns the first record to deliver again.
pub async fn handle(store: Store, batch: Event) -> DynamoDbEventResponse {
    let feed = ChangeFeed::new(store);
    let numbers = batch::numbers(&batch);
    let mut failed = Vec::new();
    let mut changes = Vec::new();
    for (place, record) in batch.records.into_iter().enumerate() {
        let item = record.change;
        match feed.read(item.keys, item.old_image, item.new_image) {
            Ok(Some(change)) => changes.push((place, change)),
            Ok(None) => {}
            Err(error) => failed.extend(batch::failure(place, "feed", Err(error.into()))),
        }
    }
    failed.extend(dispatch::dispatch(changes).await);
    batch::answer(&numbers, failed)
}
