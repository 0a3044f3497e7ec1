//! The worker that takes the steps of jobs: bulk actions and executions of automations.
//!
//! A job is an item that has the attribute `job` while it has steps left. Each step writes its progress to that item, and the
//! stream record of that write triggers the next step, so there is no queue and each invocation is short. The function has its
//! own event source mapping, so that slow jobs do not delay counters and removals.
//!
//! Lambda delivers each record at least once. A step first checks that its item still has the version of the record.

mod filter;
mod payload;
pub mod webhook;

use aws_lambda_events::{dynamodb::Event, streams::DynamoDbEventResponse};
use deskless_app::{AppError, Change, ChangeFeed, DueStep, Store, automations, bulk};
use deskless_runtime::batch;
use futures_util::{StreamExt, future, stream};

use webhook::Webhooks;

pub use filter::STREAM_FILTERS;

/// The number of steps that run concurrently: all records of a batch, whose size is in the template.
const CONCURRENCY: usize = 10;

/// Takes the next step of each job in a batch of records. Returns the first failed record, which Lambda delivers again.
pub async fn handle(store: Store, batch: Event) -> DynamoDbEventResponse {
    handle_with(store, webhook::webhooks(), batch).await
}

/// Takes the next step of each job, and sends webhooks with this client. Tests pass their own.
pub async fn handle_with(store: Store, webhooks: &Webhooks, batch: Event) -> DynamoDbEventResponse {
    let feed = ChangeFeed::new(store);
    let numbers = batch::numbers(&batch);
    let records = batch.records.into_iter().enumerate();
    // Steps run concurrently, so that a slow webhook does not delay other jobs. If a batch has two records of one job, only one
    // of them takes its step.
    let failed = stream::iter(records)
        .map(|(index, record)| {
            let feed = &feed;
            async move {
                let step = feed.due_step(record.change.keys, record.change.new_image).await;
                let taken = match step {
                    Ok(Some(step)) => Box::pin(take(step, webhooks)).await,
                    Ok(None) => Ok(()),
                    Err(error) => Err(error.into()),
                };
                batch::failure(index, "jobs", taken)
            }
        })
        .buffer_unordered(CONCURRENCY)
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
                tracing::error!(consumer = "bulk", bulk_action = %id, step, error = reason, "bulk action failed");
            }
            Ok(())
        }
    }
}
