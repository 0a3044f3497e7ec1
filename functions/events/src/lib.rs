//! The consumer of the change feed: the event log, counters, automation triggers, and the queue of removals.
//!
//! Everything here is fast, and nothing waits: what takes longer becomes a job of the `jobs` worker.
//!
//! Lambda delivers each stream record at least once, and the records of one item in order. Consumers are idempotent and do not
//! depend on the order. Conversations are handled side by side, the changes of one conversation in order.

mod dispatch;
mod filter;
mod log;
mod stamps;

use aws_lambda_events::{dynamodb::Event, streams::DynamoDbEventResponse};
use deskless_app::{Changed, Store};
use deskless_runtime::batch::Batch;

pub use filter::STREAM_FILTERS;

/// Reads a batch of records as changes, and passes each change to its consumers. Returns the first record that has to be
/// delivered again.
pub async fn handle(store: Store, event: Event) -> DynamoDbEventResponse {
    let (batch, records) = Batch::open("events", store, event);
    let records: Vec<_> = records.collect();
    let stamps = stamps::Stamps::read(&batch, records.iter().map(|(_, record)| &record.keys)).await;
    let (mut failed, to_log) = log::read(&batch, &stamps, &records).await;
    let mut changes = Vec::new();
    for (index, record) in records {
        match batch.feed().read(record.keys, record.old_image, record.new_image).await {
            Ok(Some(Changed::Conversation(change))) => changes.push((index, change)),
            // Messages have no other consumer than the event log.
            Ok(Some(Changed::Message(_)) | None) => {}
            Err(error) => failed.extend(batch.settle(index, "feed", Err(error.into())).await),
        }
    }
    failed.extend(dispatch::dispatch(&batch, &changes, &stamps, &to_log).await);
    batch.answer(failed)
}
