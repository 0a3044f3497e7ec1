//! Reads what is due, and sorts it by workspace.

use std::collections::{BTreeMap, BTreeSet};

use deskless_app::{Due, DueFeed, DueItem, without_values};
use deskless_domain::{Timestamp, WorkspaceId};
use futures_util::future::join_all;
use tokio::time::Instant;

use crate::{Limits, Report};

/// The items of each workspace, those first that have been due for the longest time in their shard.
pub(crate) type Queues = BTreeMap<WorkspaceId, Vec<Due>>;

/// Reads all shards to their ends.
///
/// A workspace gets at most [`Limits::share`] items. The keys after those are read and left, so that the items of other workspaces
/// are found behind them: a page of 5,000 keys takes some 130 read units and 0.1 s.
pub(crate) async fn read(feed: &DueFeed, limits: &Limits, end: Instant) -> (Queues, Report) {
    let now = feed.store().clock().now();
    let shards = (0..DueFeed::SHARDS).map(|shard| read_shard(feed, shard, now, limits, end));
    let (mut queues, mut report) = (Queues::new(), Report::default());
    for (found, of_shard) in join_all(shards).await {
        report.add(&of_shard);
        for (workspace, items) in found {
            queues.entry(workspace).or_default().extend(items);
        }
    }
    for items in queues.values_mut() {
        // An endpoint has an item for each conversation that it holds back. They are one target.
        let mut seen = BTreeSet::new();
        let found = items.len();
        items.retain(|due| seen.insert(due.clone()));
        report.obsolete += found - items.len();
        report.left += items.len().saturating_sub(limits.share);
        items.truncate(limits.share);
    }
    (queues, report)
}

async fn read_shard(feed: &DueFeed, shard: u8, now: Timestamp, limits: &Limits, end: Instant) -> (Queues, Report) {
    let (mut queues, mut report) = (Queues::new(), Report::default());
    let mut from = None;
    loop {
        let page = match feed.list_due(shard, now, from.take(), limits.page).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(shard, error = without_values(&error.to_string()), "due items cannot be read");
                report.unread_shards += 1;
                return (queues, report);
            }
        };
        report.unknown += page.unknown;
        for DueItem { workspace, due, at } in page.items {
            report.note(at, now);
            let items = queues.entry(workspace).or_default();
            if items.len() < limits.share {
                items.push(due);
            } else {
                report.left += 1;
            }
        }
        from = page.next;
        if from.is_none() {
            return (queues, report);
        }
        if Instant::now() >= end {
            report.unread_shards += 1;
            return (queues, report);
        }
    }
}
