//! Hands changes to their consumers.

use std::collections::BTreeMap;

use deskless_app::{AppError, Change, Changed, automations, conversations, counters, customers, files};
use deskless_domain::{ConversationChange, ConversationId, WorkspaceId};
use deskless_runtime::batch::failure;

/// Something with the place of its record in the batch.
type Placed<T> = (usize, T);

/// Hands each change to its consumers and returns the places of the records that failed.
pub(crate) async fn dispatch(changes: Vec<Placed<Changed>>) -> Vec<usize> {
    let mut failed = Vec::new();
    let mut conversations: BTreeMap<(WorkspaceId, ConversationId), Vec<Placed<Change<ConversationChange>>>> =
        BTreeMap::new();
    let mut others = Vec::new();
    for (place, changed) in changes {
        match changed {
            Changed::Conversation(change) => {
                let key = (change.tenant.workspace_id(), change.change.id);
                conversations.entry(key).or_default().push((place, change));
            }
            other => others.push((place, other)),
        }
    }
    for changes in conversations.values() {
        failed.extend(failure(changes[0].0, "counters", count(changes).await));
    }
    for (place, Change { tenant, change }) in conversations.values().flatten() {
        if let Some(removed) = change.removal_due() {
            let removal = conversations::removal_step(tenant, change.id, removed).await;
            failed.extend(failure(*place, "removal", removal));
        }
        failed.extend(failure(*place, "automations", automations::trigger(tenant, change).await));
    }
    for (place, changed) in others {
        failed.extend(failure(place, "followers", follow(changed).await));
    }
    failed
}

/// Counts a conversation once for all of its changes in the batch: only the newest status matters.
async fn count(changes: &[Placed<Change<ConversationChange>>]) -> Result<(), AppError> {
    let counted = changes.iter().filter_map(|(_, change)| Some((change, change.change.status_change()?)));
    match counted.max_by_key(|(change, _)| change.change.version) {
        Some((Change { tenant, change }, (_, status))) => {
            counters::count(tenant, change.id, change.version, status).await
        }
        None => Ok(()),
    }
}

async fn follow(changed: Changed) -> Result<(), AppError> {
    match changed {
        Changed::Customer(Change { tenant, change: (id, event) }) => customers::take_step(&tenant, &id, event).await,
        Changed::File(deleted) => files::erase(&deleted).await,
        // Nothing follows from a change of a message's own row.
        Changed::Conversation(_) | Changed::Message(_) => Ok(()),
    }
}
