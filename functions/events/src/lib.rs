//! The consumer of the change feed: counters, removals, automation triggers and copies of customer details.
//!
//! Lambda delivers each stream record at least once, and the records of one item in order. Consumers are idempotent and do not
//! depend on the order. When a consumer fails, the response names the first failed record, and Lambda delivers it and all later
//! records again.

mod dispatch;
mod filter;

use aws_lambda_events::{dynamodb::Event, streams::DynamoDbEventResponse};
use deskless_app::{ChangeFeed, Store};
use deskless_runtime::batch;

pub use filter::STREAM_FILTERS;

/// Reads a batch of records as changes, and passes each change to its consumers. Returns the first failed record.
pub async fn handle(store: Store, batch: Event) -> DynamoDbEventResponse {
    let feed = ChangeFeed::new(store);
    let numbers = batch::numbers(&batch);
    let mut failed = Vec::new();
    let mut changes = Vec::new();
    for (index, record) in batch.records.into_iter().enumerate() {
        let item = record.change;
        match feed.read(item.keys, item.old_image, item.new_image).await {
            Ok(Some(change)) => changes.push((index, change)),
            Ok(None) => {}
            Err(error) => failed.extend(batch::failure(index, "feed", Err(error.into()))),
        }
    }
    failed.extend(dispatch::dispatch(changes).await);
    batch::answer(&numbers, failed)
}
