//! What follows from a write: the worker on the table's stream.
//!
//! Lambda hands over each record at least once, those of one item in order. Every consumer here is once in effect, in
//! whatever order its records come. When something fails, the answer names the first record that has to come again;
//! those behind it come again too, and change nothing.

mod automations;
mod counters;
mod customers;
mod files;
mod filter;
mod purge;

use std::collections::BTreeMap;

use aws_lambda_events::{dynamodb::Event, streams::DynamoDbEventResponse};
use deskless_domain::{ConversationId, WorkspaceId};
use deskless_runtime::batch::{self, failure};
use deskless_store::{Changed, ConversationChange, CustomerChange, FileChange, Store, Worker};

pub use filter::STREAM_FILTERS;

/// A change with the place of its record in the batch.
type Placed<T> = (usize, T);

/// What a batch calls for.
#[derive(Default)]
struct Work {
    /// Grouped, since of many changes only the newest counts.
    conversations: BTreeMap<(WorkspaceId, ConversationId), Vec<Placed<ConversationChange>>>,
    customers: Vec<Placed<CustomerChange>>,
    files: Vec<Placed<FileChange>>,
}

/// Does what a batch of records calls for, and names the first that has to come again.
pub async fn handle(store: Store, batch: Event) -> DynamoDbEventResponse {
    let worker = Worker::new(store);
    let numbers = batch::numbers(&batch);
    let mut work = Work::default();
    for (place, record) in batch.records.into_iter().enumerate() {
        let change = record.change;
        match worker.read(change.keys, change.old_image, change.new_image) {
            Some(Changed::Conversation(change)) => {
                let key = (change.tenant.workspace_id(), change.id);
                work.conversations.entry(key).or_default().push((place, change));
            }
            Some(Changed::Customer(change)) => work.customers.push((place, change)),
            Some(Changed::File(change)) => work.files.push((place, change)),
            None => {}
        }
    }
    let mut failed = Vec::new();
    for changes in work.conversations.values() {
        failed.extend(failure(changes[0].0, "counters", counters::count(changes).await));
    }
    for (place, change) in work.conversations.values().flatten() {
        failed.extend(failure(*place, "purge", purge::step(change).await));
        failed.extend(failure(*place, "automations", automations::set_off(change).await));
    }
    for (place, change) in &work.customers {
        failed.extend(failure(*place, "customers", customers::follow(change).await));
    }
    for (place, change) in &work.files {
        failed.extend(failure(*place, "files", files::erase(change).await));
    }
    batch::answer(&numbers, failed)
}
