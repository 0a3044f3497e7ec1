//! Passes changes to their consumers.

use std::collections::BTreeMap;

use deskless_app::{AppError, Change, Changed, automations, conversations, counters, customers, files};
use deskless_domain::{ConversationChange, ConversationId, WorkspaceId};
use deskless_runtime::batch::failure;

/// A value with the index of its record in the batch.
type Indexed<T> = (usize, T);

/// Passes each change to its consumers. Returns the indexes of the failed records.
pub(crate) async fn dispatch(changes: Vec<Indexed<Changed>>) -> Vec<usize> {
    let mut failed = Vec::new();
    let mut conversations: BTreeMap<(WorkspaceId, ConversationId), Vec<Indexed<Change<ConversationChange>>>> =
        BTreeMap::new();
    let mut others = Vec::new();
    for (index, changed) in changes {
        match changed {
            Changed::Conversation(change) => {
                let key = (change.tenant.workspace_id(), change.change.id);
                conversations.entry(key).or_default().push((index, change));
            }
            other => others.push((index, other)),
        }
    }
    let mut workspaces: BTreeMap<WorkspaceId, Vec<&Indexed<Change<ConversationChange>>>> = BTreeMap::new();
    for ((workspace, _), changes) in &conversations {
        workspaces.entry(*workspace).or_default().extend(changes);
    }
    for changes in workspaces.values() {
        failed.extend(failure(first(changes), "counters", count(changes).await));
    }
    for (index, Change { tenant, change }) in conversations.values().flatten() {
        if let Some(removed) = change.removal_due() {
            let removal = conversations::removal_step(tenant, change.id, removed).await;
            failed.extend(failure(*index, "removal", removal));
        }
        failed.extend(failure(*index, "automations", automations::trigger(tenant, change).await));
    }
    for (index, changed) in others {
        let (consumer, step) = match changed {
            Changed::Customer(Change { tenant, change: (id, event) }) => {
                ("customers", customers::take_step(&tenant, &id, event).await)
            }
            Changed::File(deleted) => ("files", files::erase(&deleted).await),
            // Changes of message items have no consumer.
            Changed::Conversation(_) | Changed::Message(_) => continue,
        };
        failed.extend(failure(index, consumer, step));
    }
    failed
}

/// Returns the index of the first record of these changes.
fn first(changes: &[&Indexed<Change<ConversationChange>>]) -> usize {
    changes.iter().map(|(index, _)| *index).min().unwrap_or_default()
}

/// Counts and records a workspace's changes together.
async fn count(changes: &[&Indexed<Change<ConversationChange>>]) -> Result<(), AppError> {
    let Some((_, Change { tenant, .. })) = changes.first() else { return Ok(()) };
    let changes: Vec<_> = changes.iter().map(|(_, change)| &change.change).collect();
    counters::record(tenant, &changes).await
}
