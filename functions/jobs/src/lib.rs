//! The worker that takes the steps of jobs: bulk actions and runs of automations.
//!
//! A job is an item that has the attribute `job` while there is work left. Each step writes its progress on that item, and
//! the stream record of that write drives the next step: there is no queue, and nothing runs for long. The function has an
//! event source mapping of its own, so that slow jobs delay neither counters nor removals.
//!
//! Lambda delivers each record at least once. A step checks first that its item still says what the record says.

mod filter;
mod payload;
pub mod webhook;

use aws_lambda_events::{dynamodb::Event, streams::DynamoDbEventResponse};
use deskless_app::{AppError, Change, ChangeFeed, DueStep, Store, automations, bulk};
use deskless_runtime::batch;
use futures_util::{StreamExt, future, stream};

use webhook::Webhooks;

pub use filter::STREAM_FILTERS;

/// How many jobs take their step at the same time: all records of a batch, whose size is in the template.
const SIDE_BY_SIDE: usize = 10;

/// Takes the next step of each job in a batch of records. Returns the first record to deliver again.
pub async fn handle(store: Store, batch: Event) -> DynamoDbEventResponse {
    handle_with(store, webhook::webhooks(), batch).await
}

/// Takes the next steps, and calls webhooks with `webhooks`.
pub async fn handle_with(store: Store, webhooks: &Webhooks, batch: Event) -> DynamoDbEventResponse {
    let feed = ChangeFeed::new(store);
    let numbers = batch::numbers(&batch);
    let records = batch.records.into_iter().enumerate();
    let due = records.filter_map(|(place, record)| {
        feed.due_step(record.change.keys, record.change.new_image).map(|step| (place, step))
    });
    // Side by side: a webhook that takes five seconds delays nobody else's. Of two records of one job, one finds its step
    // taken.
    let failed = stream::iter(due)
        .map(|(place, step)| async move { batch::failure(place, "jobs", Box::pin(take(step, webhooks)).await) })
        .buffer_unordered(SIDE_BY_SIDE)
        .filter_map(future::ready);
    batch::answer(&numbers, failed.collect().await)
}

async fn take(step: DueStep, webhooks: &Webhooks) -> Result<(), AppError> {
    match step {
        DueStep::Execution(Change { tenant, change: (automation, id, version) }) => {
            automations::run_step(&tenant, automation, id, version, webhooks).await
        }
        DueStep::Bulk(Change { tenant, change: (id, step) }) => {
            if let bulk::StepOutcome::Failed(reason) = bulk::run_step(&tenant, id, step).await? {
                tracing::error!(consumer = "bulk", bulk_action = %id, step, error = reason, "the bulk action has failed");
            }
            Ok(())
        }
    }
}
