//! What takes longer than a request may: the other worker on the table's stream.
//!
//! A job is an item with an attribute `job` while there is work left. Each step writes its progress on that item, and the
//! stream's record of that write calls for the next step: there is no queue, and nothing that runs for long. This
//! function has a mapping of its own, so that slow jobs hold up neither counters nor removals.
//!
//! Lambda hands over each record at least once. A step looks first whether its item still says what the record says.

mod bulk;
mod execution;
mod filter;
pub mod webhook;

use aws_lambda_events::{dynamodb::Event, streams::DynamoDbEventResponse};
use deskless_runtime::batch;
use deskless_store::{Job, Store, StoreError, Worker};
use futures_util::{StreamExt, future, stream};

use webhook::Webhooks;

pub use filter::STREAM_FILTERS;

/// How many jobs take their step at the same time: the records of a batch, as the template says.
const SIDE_BY_SIDE: usize = 10;

/// Takes the next step of every job that a batch of records tells of, and names the first record that has to come again.
pub async fn handle(store: Store, batch: Event) -> DynamoDbEventResponse {
    handle_with(store, webhook::webhooks(), batch).await
}

/// The same, with these webhooks.
pub async fn handle_with(store: Store, webhooks: &Webhooks, batch: Event) -> DynamoDbEventResponse {
    let worker = Worker::new(store);
    let numbers = batch::numbers(&batch);
    let records = batch.records.into_iter().enumerate();
    let jobs = records.filter_map(|(place, record)| {
        worker.read_job(record.change.keys, record.change.new_image).map(|job| (place, job))
    });
    // Side by side: a webhook that takes its five seconds holds up nobody else's. Of two records of one job, one finds that
    // its step is taken.
    let failed = stream::iter(jobs)
        .map(|(place, job)| async move { batch::failure(place, "jobs", Box::pin(step(job, webhooks)).await) })
        .buffer_unordered(SIDE_BY_SIDE)
        .filter_map(future::ready);
    batch::answer(&numbers, failed.collect().await)
}

async fn step(job: Job, webhooks: &Webhooks) -> Result<(), StoreError> {
    match job {
        Job::Execution(job) => execution::step(&job, webhooks).await,
        Job::Bulk(job) => bulk::step(&job).await,
    }
}
