//! Writes the event log of the workspaces that have one.

use std::collections::BTreeMap;

use aws_lambda_events::dynamodb::StreamRecord;
use deskless_api::wire::render_event;
use deskless_app::{AppError, ChangeFeed, DeliveryTarget, LogChange, Stamp, TenantStore, events};
use deskless_domain::WorkspaceId;
use deskless_runtime::batch::Batch;
use futures_util::future::{join_all, try_join_all};

use crate::stamps::Stamps;

/// The changes of each workspace that has a log, each with the index of its record in the batch.
pub(crate) type ToLog = BTreeMap<WorkspaceId, Vec<(usize, LogChange)>>;

/// Parses the records of workspaces that have a log. Also returns the indexes of the records that have to be delivered again.
pub(crate) async fn read(batch: &Batch, stamps: &Stamps, records: &[(usize, StreamRecord)]) -> (Vec<usize>, ToLog) {
    let (mut failed, mut changes) = (Vec::new(), ToLog::new());
    for (index, record) in records {
        let Some(workspace) = ChangeFeed::workspace_of(&record.keys) else { continue };
        let Some((tenant, stamp)) = stamps.get(workspace) else {
            // The workspace may have a log: without its stamp, the event would be lost.
            failed.extend(unknown(batch, *index, workspace).await);
            continue;
        };
        if stamp.followers.log_since.is_none() {
            continue;
        }
        let (key, before, after) = (record.keys.clone(), record.old_image.clone(), record.new_image.clone());
        match ChangeFeed::read_for_log(tenant, key, before, after) {
            Ok(Some(change)) => changes.entry(workspace).or_default().push((*index, change)),
            Ok(None) => {}
            Err(error) => failed.extend(batch.settle(*index, "event log", Err(error.into())).await),
        }
    }
    (failed, changes)
}

/// Reads again whether a workspace exists, and returns the record if it does.
async fn unknown(batch: &Batch, index: usize, workspace: WorkspaceId) -> Option<usize> {
    match batch.feed().open(workspace).await {
        Ok(None) => None,
        Ok(Some(_)) => {
            let error = AppError::Unavailable("the stamp of the workspace could not be read".to_owned());
            batch.settle(index, "event log", Err(error)).await
        }
        Err(error) => batch.settle(index, "event log", Err(error.into())).await,
    }
}

/// Appends the events of all workspaces. Returns the indexes of the records that have to be delivered again.
pub(crate) async fn append(batch: &Batch, stamps: &Stamps, changes: &ToLog) -> Vec<usize> {
    // `read` has found the stamps.
    let found = changes.iter().filter_map(|(workspace, changes)| Some((stamps.get(*workspace)?, changes.as_slice())));
    let appends: Vec<_> = found.map(|((tenant, stamp), changes)| append_to(batch, tenant, stamp, changes)).collect();
    join_all(appends).await.concat()
}

/// Appends the events of a workspace, and starts the deliveries to its webhook endpoints, also if the log had all events already: an
/// earlier attempt may have ended in between.
async fn append_to(batch: &Batch, tenant: &TenantStore, stamp: &Stamp, changes: &[(usize, LogChange)]) -> Vec<usize> {
    let mut failed = append_events(batch, tenant, stamp, changes).await;
    let starts = stamp.followers.endpoints.iter().map(|id| async {
        let target = DeliveryTarget::Endpoint { id: *id };
        tenant.start_delivery(&target).await
    });
    let started: Result<Vec<()>, _> = try_join_all(starts).await;
    if let (Err(error), Some((first, _))) = (started, changes.first()) {
        failed.extend(batch.settle(*first, "deliveries", Err(error.into())).await);
    }
    failed
}

async fn append_events(
    batch: &Batch,
    tenant: &TenantStore,
    stamp: &Stamp,
    changes: &[(usize, LogChange)],
) -> Vec<usize> {
    let Some(since) = stamp.followers.log_since else { return Vec::new() };
    match events::record(tenant, since, changes, render_event).await {
        Ok(waiting) => waiting,
        // Finds out which of them fail.
        Err(AppError::Internal(_)) => {
            let mut failed = Vec::new();
            for change in changes {
                let waits = std::sync::atomic::AtomicBool::new(false);
                let alone = std::slice::from_ref(change);
                let append = async || {
                    let waiting = events::record(tenant, since, alone, render_event).await?;
                    waits.store(!waiting.is_empty(), std::sync::atomic::Ordering::Relaxed);
                    Ok(())
                };
                failed.extend(batch.attempt(change.0, "event log", append).await);
                failed.extend(waits.into_inner().then_some(change.0));
            }
            failed
        }
        Err(error) => {
            let text = error.to_string();
            let mut failed = Vec::new();
            for (index, _) in changes {
                failed.extend(batch.settle(*index, "event log", Err(AppError::Unavailable(text.clone()))).await);
            }
            failed
        }
    }
}
