//! The worker that takes the steps of jobs: bulk actions, executions of automations, removals of deleted conversations, erasures
//! and copies of customers' details.
//!
//! A job is an item that has the attribute `job` while it has steps left. Each step is bounded and writes its progress to that
//! item. The stream record of that write triggers the next step, so there is no queue beside the table, each invocation is short,
//! and jobs take turns. The function has its own event source mapping, so that slow jobs do not delay counters and triggers.
//!
//! Lambda delivers each record at least once. A step first checks that its item still has the version of the record.

mod filter;
mod payload;

use std::collections::HashSet;

use aws_lambda_events::{dynamodb::Event, streams::DynamoDbEventResponse};
use deskless_app::{
    AppError, Change, DueStep, Store,
    automations::{self, Webhooks},
    bulk, customers, files, messages, removals, without_values,
};
use deskless_outbound::Client;
use deskless_runtime::batch::Batch;
use futures_util::{StreamExt, future, stream};

pub use filter::STREAM_FILTERS;

/// The number of steps that run concurrently: all records of a batch, whose size is in the template. So no step waits for
/// another one.
const CONCURRENCY: usize = 10;

/// Takes the next step of each job in a batch of records. Returns the first record that has to be delivered again.
pub async fn handle(store: Store, batch: Event) -> DynamoDbEventResponse {
    handle_with(store, deskless_outbound::client(), batch).await
}

/// Takes the next step of each job, and calls webhooks with this client. Tests pass their own.
pub async fn handle_with(store: Store, client: &Client, event: Event) -> DynamoDbEventResponse {
    let (batch, records) = Batch::open("jobs", store, event);
    let mut failed = Vec::new();
    let mut due = Vec::new();
    for (index, record) in records {
        match batch.feed().due_step(record.keys, record.old_image, record.new_image).await {
            Ok(step) => due.extend(step.map(|step| (index, step))),
            Err(error) => failed.extend(batch.settle(index, "jobs", Err(error.into())).await),
        }
    }
    without_repeated_removals(&mut due);
    let batch = &batch;
    // If a batch has two records of one job, only one of them takes its step.
    let steps = stream::iter(due).map(|(index, step)| async move {
        // These steps complete also if they report an error, so they are not repeated.
        match &step {
            DueStep::Removals(_) => batch.settle(index, "removals", Box::pin(take(&step, client)).await).await,
            DueStep::Execution(_) => batch.settle(index, "jobs", Box::pin(take(&step, client)).await).await,
            _ => batch.attempt(index, "jobs", || Box::pin(take(&step, client))).await,
        }
    });
    failed.extend(steps.buffer_unordered(CONCURRENCY).filter_map(future::ready).collect::<Vec<_>>().await);
    batch.answer(failed)
}

/// Keeps one record for each step of a queue of removals. Each addition to the queue is a record too.
fn without_repeated_removals(due: &mut Vec<(usize, DueStep)>) {
    let mut seen = HashSet::new();
    due.retain(|(_, step)| match step {
        DueStep::Removals(Change { tenant, change }) => seen.insert((tenant.workspace_id(), *change)),
        _ => true,
    });
}

async fn take(step: &DueStep, client: &Client) -> Result<(), AppError> {
    match step {
        DueStep::Execution(Change { tenant, change: (automation, id, version) }) => {
            let webhooks = Webhooks { client, body: payload::write };
            automations::run_step(tenant, *automation, *id, *version, webhooks).await
        }
        DueStep::Bulk(Change { tenant, change: (id, step) }) => {
            if let bulk::StepOutcome::Failed(reason) = bulk::run_step(tenant, *id, *step).await? {
                tracing::error!(consumer = "bulk", bulk_action = %id, step, error = without_values(&reason), "bulk action failed");
            }
            Ok(())
        }
        DueStep::Removals(Change { tenant, change }) => removals::removal_step(tenant, *change).await,
        DueStep::Customer(Change { tenant, change: (id, event) }) => customers::take_step(tenant, id, *event).await,
        DueStep::File(deleted) => files::erase(deleted).await,
        DueStep::Content(deleted) => messages::erase_content(deleted).await,
    }
}
