//! One sweep: reads what is due, and handles it.

use std::time::Duration;

use deskless_app::{AppError, Due, DueFeed, StoreError, TenantStore, conversations, without_values};
use deskless_domain::WorkspaceId;
use futures_util::{StreamExt, future::join_all, stream};
use tokio::{sync::Semaphore, time::Instant};

use crate::{Report, due};

/// The limits of a sweep.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The time after which nothing more is begun. The function's timeout is longer by the longest retries.
    pub time: Duration,
    /// The number of items that are handled side by side.
    pub concurrency: usize,
    /// Of those, the number of one workspace's.
    pub workspace_concurrency: usize,
    /// The number of items of one workspace in a sweep. More would not be done in its time.
    pub share: usize,
    /// The number of items on a page of the index. `None` for as many as DynamoDB returns.
    pub page: Option<i32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(45), concurrency: 32, workspace_concurrency: 8, share: 20_000, page: None }
    }
}

/// A workspace's items that find the table or Lambda unavailable this often in a row are left to the next sweep.
const FAILURES_IN_A_ROW: usize = 10;

/// What became of an item.
enum Outcome {
    Ended,
    Started,
    Obsolete,
    Failed(AppError),
    Left,
}

/// Handles what is due, until nothing is left or the time is over.
///
/// Workspaces take turns, so that one with many items delays nobody else's.
pub async fn sweep(feed: &DueFeed, limits: Limits) -> Report {
    let end = Instant::now() + limits.time;
    let (queues, mut report) = due::read(feed, &limits, end).await;
    // Fair: whoever waits for the longest time is next, and a workspace waits with few items at a time.
    let turns = Semaphore::new(limits.concurrency);
    let workspaces = queues
        .into_iter()
        .map(|(workspace, items)| Workspace { feed, limits, turns: &turns, end }.handle(workspace, items));
    for handled in join_all(workspaces).await {
        report.add(&handled);
    }
    report.log();
    report
}

/// The handling of one workspace's items.
struct Workspace<'a> {
    feed: &'a DueFeed,
    limits: Limits,
    turns: &'a Semaphore,
    end: Instant,
}

impl Workspace<'_> {
    async fn handle(self, workspace: WorkspaceId, items: Vec<Due>) -> Report {
        let mut report = Report::default();
        let tenant = match self.feed.open(workspace).await {
            Ok(Some(tenant)) => tenant.until(self.end),
            Ok(None) => {
                report.obsolete = items.len();
                return report;
            }
            Err(error) => {
                let error = without_values(&error.to_string());
                tracing::error!(%workspace, error, "the workspace of due items cannot be read");
                report.failed = items.len();
                return report;
            }
        };
        let mut in_a_row = 0;
        let mut outcomes = stream::iter(items)
            .map(|due| self.take_turn(&tenant, due))
            .buffer_unordered(self.limits.workspace_concurrency);
        while let Some((due, outcome)) = outcomes.next().await {
            match outcome {
                Outcome::Ended => report.ended += 1,
                Outcome::Started => report.started += 1,
                Outcome::Obsolete => report.obsolete += 1,
                Outcome::Left => report.left += 1,
                Outcome::Failed(error) => {
                    report.failed += 1;
                    in_a_row = if matches!(error, AppError::Unavailable(_)) { in_a_row + 1 } else { 0 };
                    let error = without_values(&error.to_string());
                    tracing::error!(%workspace, ?due, error, "a due item failed");
                    if in_a_row == FAILURES_IN_A_ROW {
                        break;
                    }
                    continue;
                }
            }
            in_a_row = 0;
        }
        report
    }

    async fn take_turn(&self, tenant: &TenantStore, due: Due) -> (Due, Outcome) {
        let turn = self.turns.acquire().await;
        let outcome = if turn.is_err() || Instant::now() >= self.end {
            Outcome::Left
        } else {
            Box::pin(handle(tenant, &due)).await.unwrap_or_else(Outcome::Failed)
        };
        (due, outcome)
    }
}

async fn handle(tenant: &TenantStore, due: &Due) -> Result<Outcome, AppError> {
    match due {
        Due::Snooze(id) => {
            let is_ended = conversations::end_snooze(tenant, *id).await?;
            Ok(if is_ended { Outcome::Ended } else { Outcome::Obsolete })
        }
        Due::Delivery(target) => {
            tenant.start_delivery(target).await.map_err(|error: StoreError| AppError::from(error))?;
            Ok(Outcome::Started)
        }
    }
}
