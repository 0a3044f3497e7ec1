//! Passes changes to their consumers, side by side.

use std::{collections::BTreeMap, sync::Arc};

use deskless_app::{
    AppError, Change, Stamp, TenantStore, TriggeredAutomations, automations, counters, events, removals,
};
use deskless_domain::{ConversationChange, ConversationId, WorkspaceId};
use deskless_runtime::batch::Batch;
use futures_util::{
    FutureExt, StreamExt,
    future::{BoxFuture, join_all, join3},
    stream,
};

use crate::{
    log::{self, ToLog},
    stamps::Stamps,
};

/// The number of conversations that are handled concurrently. A batch has at most 100 records. More would only queue for the
/// processor.
const CONCURRENCY: usize = 32;

/// A change of a conversation with the index of its record in the batch.
pub(crate) type IndexedChange = (usize, Change<ConversationChange>);

/// A deleted conversation with the index of its record.
type Deleted = (usize, ConversationId);

/// Passes each change to its consumers. Returns the indexes of the records that have to be delivered again.
pub(crate) fn dispatch<'a>(
    batch: &'a Batch,
    changes: &'a [IndexedChange],
    stamps: &'a Stamps,
    to_log: &'a ToLog,
) -> BoxFuture<'a, Vec<usize>> {
    let all =
        join3(count(batch, changes), log_and_remove(batch, changes, stamps, to_log), trigger(batch, changes, stamps));
    all.map(|(counted, logged, triggered)| [counted, logged, triggered].concat()).boxed()
}

/// Appends events, and then puts deleted conversations into the queue of removals: a removal deletes the data of all earlier events.
async fn log_and_remove(batch: &Batch, changes: &[IndexedChange], stamps: &Stamps, to_log: &ToLog) -> Vec<usize> {
    let mut failed = log::append(batch, stamps, to_log).await;
    let logged: Vec<_> = changes.iter().filter(|(index, _)| !failed.contains(index)).collect();
    failed.extend(queue_removals(batch, &logged).await);
    failed
}

/// Groups changes by conversation, each group in the order of the stream.
fn by_conversation(changes: &[IndexedChange]) -> Vec<Vec<&IndexedChange>> {
    let mut groups: BTreeMap<(WorkspaceId, ConversationId), Vec<&IndexedChange>> = BTreeMap::new();
    for indexed in changes {
        let key = (indexed.1.tenant.workspace_id(), indexed.1.change.id);
        groups.entry(key).or_default().push(indexed);
    }
    groups.into_values().collect()
}

/// Updates the counters and the change log of each workspace by all changes of the batch.
async fn count(batch: &Batch, changes: &[IndexedChange]) -> Vec<usize> {
    let mut workspaces: BTreeMap<WorkspaceId, Vec<&IndexedChange>> = BTreeMap::new();
    for indexed in changes {
        workspaces.entry(indexed.1.tenant.workspace_id()).or_default().push(indexed);
    }
    join_all(workspaces.into_values().map(|changes| record(batch, changes))).await.concat()
}

/// Counts and records the changes of one workspace together.
async fn record(batch: &Batch, changes: Vec<&IndexedChange>) -> Vec<usize> {
    let Some((first, Change { tenant, .. })) = changes.first() else { return Vec::new() };
    let all: Vec<_> = changes.iter().map(|(_, change)| &change.change).collect();
    match counters::record(tenant, &all).await {
        Ok(()) => Vec::new(),
        // Finds out which of them fail.
        Err(AppError::Internal(_)) => {
            let mut failed = Vec::new();
            for (index, Change { change, .. }) in changes {
                let alone = [change];
                failed.extend(batch.attempt(*index, "counters", || counters::record(tenant, &alone)).await);
            }
            failed
        }
        Err(error) => batch.settle(*first, "counters", Err(error)).await.into_iter().collect(),
    }
}

/// Puts the deleted conversations of each workspace into its queue of removals.
async fn queue_removals(batch: &Batch, changes: &[&IndexedChange]) -> Vec<usize> {
    let mut workspaces: BTreeMap<WorkspaceId, (&TenantStore, Vec<Deleted>)> = BTreeMap::new();
    for (index, Change { tenant, change }) in changes.iter().filter(|(_, change)| change.change.is_deletion()).copied()
    {
        let (_, deleted) = workspaces.entry(tenant.workspace_id()).or_insert_with(|| (tenant, Vec::new()));
        deleted.push((*index, change.id));
    }
    let queue = |(tenant, deleted): (_, Vec<Deleted>)| async move {
        let ids: Vec<_> = deleted.iter().map(|(_, id)| *id).collect();
        match removals::queue_removals(tenant, &ids).await {
            Ok(()) => Vec::new(),
            // Finds out which of them fail.
            Err(AppError::Internal(_)) => {
                let mut failed = Vec::new();
                for (index, id) in deleted {
                    let ids = [id];
                    let queue = || removals::queue_removals(tenant, &ids);
                    failed.extend(batch.attempt(index, "removals", queue).await);
                }
                failed
            }
            Err(error) => {
                let first = deleted.first().map_or(0, |(index, _)| *index);
                batch.settle(first, "removals", Err(error)).await.into_iter().collect()
            }
        }
    };
    let queues: Vec<_> = workspaces.into_values().map(queue).collect();
    join_all(queues).await.concat()
}

/// Triggers automations, the changes of one conversation in order.
async fn trigger(batch: &Batch, changes: &[IndexedChange], stamps: &Stamps) -> Vec<usize> {
    let mut tenants: BTreeMap<WorkspaceId, (&TenantStore, &Stamp)> = BTreeMap::new();
    for (_, Change { tenant, change }) in changes {
        if !change.triggers().is_empty()
            && let Some((_, stamp)) = stamps.get(tenant.workspace_id())
        {
            let _ = tenants.insert(tenant.workspace_id(), (tenant, stamp));
        }
    }
    // Loads the automations of each workspace once. All changes of the batch were committed before the stamps were read.
    let loads: Vec<_> = tenants.into_values().map(load).collect();
    let loaded: Loaded = join_all(loads).await.into_iter().flatten().collect();
    let groups = by_conversation(changes).into_iter().map(|changes| trigger_in_order(batch, &loaded, changes));
    let groups: Vec<_> = groups.collect();
    stream::iter(groups).buffer_unordered(CONCURRENCY).collect::<Vec<_>>().await.concat()
}

/// The automations of each workspace.
type Loaded = BTreeMap<WorkspaceId, Arc<TriggeredAutomations>>;

/// Loads the automations of a workspace. After an error, each change loads them itself.
async fn load((tenant, stamp): (&TenantStore, &Stamp)) -> Option<(WorkspaceId, Arc<TriggeredAutomations>)> {
    Some((tenant.workspace_id(), automations::load(tenant, stamp).await.ok()?))
}

async fn trigger_in_order(batch: &Batch, loaded: &Loaded, changes: Vec<&IndexedChange>) -> Vec<usize> {
    let mut failed = Vec::new();
    for (index, Change { tenant, change }) in changes {
        let trigger = async || match loaded.get(&tenant.workspace_id()) {
            Some(automations) => automations::trigger(tenant, change, automations).await,
            None if change.triggers().is_empty() => Ok(()),
            None => {
                let automations = automations::load(tenant, &events::stamp(tenant).await?).await?;
                automations::trigger(tenant, change, &automations).await
            }
        };
        failed.extend(batch.attempt(*index, "automations", trigger).await);
    }
    failed
}
