//! Removes what is left of deleted conversations, in steps in the background.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use deskless_domain::ConversationId;
use deskless_store::{EventSubject, TenantStore, without_values};
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

use crate::{AppError, automations, files, messages};

/// The maximum number of conversations that one step works on.
const CONVERSATIONS: i32 = 50;
/// The number of conversations that are removed concurrently. A purge leaves most of the table's capacity to others.
const CONCURRENCY: usize = 4;
/// The maximum number of items that are removed at once.
const ITEMS: i32 = 100;
/// The number of items after which a step ends.
const ITEMS_OF_STEP: u64 = 500;
/// The time after which a step ends.
const TIME_OF_STEP: Duration = Duration::from_millis(500);

/// AP-94: Puts deleted conversations into the queue of their workspace, whose items [`removal_step`] removes.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn queue_removals(store: &TenantStore, conversations: &[ConversationId]) -> Result<(), AppError> {
    Ok(store.queue_removals(conversations).await?)
}

/// AP-95: Takes a step of the queue: removes at most about 500 items of at most 50 conversations, for about half a second. The
/// write that completes the step triggers the next one. `step` is the number of the step in the event. A step that was already taken
/// is not taken again, so a repeated event starts no second chain of steps.
///
/// A conversation that cannot be removed at the moment stays in the queue, and the next steps reach it again. One whose removal fails
/// for good leaves the queue, and the error names it. Its tombstone stays for `deskless purge`.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond; [`AppError::Internal`] for the conversations whose removal failed.
pub async fn removal_step(store: &TenantStore, step: u64) -> Result<(), AppError> {
    let Some(queue) = store.removal_queue().await?.filter(|queue| queue.step == step) else { return Ok(()) };
    let queued = store.queued_removals(&queue, CONVERSATIONS).await?;
    if queued.is_empty() {
        store.end_removals(&queue).await?;
        return Ok(());
    }
    let budget = Budget { ends_at: Instant::now() + TIME_OF_STEP, removed: AtomicU64::new(0) };
    let remove = |id| {
        let budget = &budget;
        async move { (id, remove_within(store, id, budget).await) }
    };
    let results: Vec<_> = stream::iter(queued).map(remove).buffered(CONCURRENCY).collect().await;
    if let Some((_, Err(AppError::Unavailable(reason)))) = results.first()
        && results.iter().all(|(_, result)| matches!(result, Err(AppError::Unavailable(_)) | Ok(Progress::NotStarted)))
    {
        // The next step follows at once. Errors raise the alarm of the workers.
        tracing::error!(reason = without_values(reason), "no removal of this step made progress");
    }
    let (mut last, mut failures) = (queue.after, Vec::new());
    for (id, result) in results {
        match result {
            Ok(Progress::NotStarted) => continue,
            Ok(Progress::Started | Progress::Done) => {}
            Err(AppError::Unavailable(reason)) => {
                tracing::warn!(conversation = %id, reason = without_values(&reason), "removal postponed");
            }
            Err(error) => {
                store.unqueue_removal(id).await?;
                failures.push(format!("{id}: {error}"));
            }
        }
        last = Some(id);
    }
    store.complete_removal_step(&queue, last).await?;
    if failures.is_empty() { Ok(()) } else { Err(AppError::Internal(failures.join("; "))) }
}

/// What one step may still do.
struct Budget {
    ends_at: Instant,
    removed: AtomicU64,
}

impl Budget {
    fn is_left(&self) -> bool {
        self.removed.load(Ordering::Relaxed) < ITEMS_OF_STEP && Instant::now() < self.ends_at
    }
}

/// How far the removal of a conversation got in a step.
enum Progress {
    /// The step's time was over before.
    NotStarted,
    /// Items are left.
    Started,
    /// Nothing is left.
    Done,
}

/// Removes items of a conversation as long as there is time.
async fn remove_within(store: &TenantStore, id: ConversationId, budget: &Budget) -> Result<Progress, AppError> {
    let store = &store.until(budget.ends_at);
    let removal = async {
        let mut progress = Progress::NotStarted;
        while budget.is_left() {
            let Removed { items, is_all } = remove_items(store, id).await?;
            let _ = budget.removed.fetch_add(items, Ordering::Relaxed);
            if is_all {
                store.unqueue_removal(id).await?;
                return Ok(Progress::Done);
            }
            progress = Progress::Started;
        }
        Ok(progress)
    };
    let too_long = |_| Err(AppError::Unavailable("the removal did not end in time".to_owned()));
    tokio::time::timeout_at(budget.ends_at + TIME_OF_STEP, removal).await.unwrap_or_else(too_long)
}

/// The result of removing one batch.
struct Removed {
    items: u64,
    is_all: bool,
}

/// AP-40: Removes one batch of the items under a deleted conversation, and after the last one its tombstone.
///
/// The data of the conversation's events is removed too (AP-176): its deletion was in the log before it was put into the queue.
/// An interrupted removal can be repeated. The tombstone is removed last, in one transaction with the stored outcome. Costs one write
/// unit for each KB of each item.
async fn remove_items(store: &TenantStore, id: ConversationId) -> Result<Removed, AppError> {
    let events = EventSubject::Conversation(id);
    let Some(tombstone) = store.tombstone(id).await? else {
        store.redact_events(&events, None).await?;
        return Ok(Removed { items: 0, is_all: true });
    };
    let remains = store.removal_batch(id, ITEMS).await?;
    let (items, has_more) = (remains.count(), remains.has_more);
    files::erase_all(store, &remains.files).await?;
    messages::erase_contents(store, &remains.contents).await?;
    store.erase_contexts(&remains.executions).await?;
    automations::abandon_calls(store, id, &remains.calls).await?;
    store.remove_batch(remains).await?;
    if !has_more {
        store.redact_events(&events, None).await?;
        store.remove_tombstone(&tombstone).await?;
    }
    Ok(Removed { items, is_all: !has_more })
}

/// Removes all remaining items of a deleted conversation.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB or S3 does not respond.
pub async fn remove_completely(store: &TenantStore, id: ConversationId) -> Result<(), AppError> {
    while !remove_items(store, id).await?.is_all {}
    Ok(())
}
