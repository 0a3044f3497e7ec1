//! The state machine of a bulk action's job, without reads and writes.
//!
//! Each step processes the conversations of one batch. The batch is stored before any of them is changed, so a repeated
//! step processes the same ones.

use serde::{Deserialize, Serialize};

use crate::{
    ActionFailure, BulkAction, BulkActionId, BulkFailure, BulkSelection, BulkStatus, BulkTarget, ConversationFilter,
    ConversationId, KeyId, MessageId, NewBulkAction, Timestamp,
};

/// A bulk action and its remaining work.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkJob {
    /// The bulk action as clients see it.
    pub action: BulkAction,
    /// The API key that requested it.
    pub key: KeyId,
    /// The number of the step that is due.
    pub step: u64,
    /// The conversations of that step, at most 100.
    pub batch: Vec<ConversationId>,
    /// The source of the next batch; `None` if this is the last one.
    pub rest: Option<BulkRest>,
    /// The time at which it was cancelled. The step in progress completes first.
    pub cancelled_at: Option<Timestamp>,
}

/// The source of the next batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BulkRest {
    /// The stored chunks of ids, from this one to the last one.
    Chunks(u8, u8),
    /// The list of conversations, oldest activity first.
    List(ListPass),
}

/// A pass through the list of conversations.
///
/// Conversations move while the list is read, so a pass can miss some. The list is read again until a pass finds nothing
/// new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPass {
    /// The position up to which the list was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<MessageId>,
    /// The number of passes before this one.
    #[serde(rename = "before")]
    pub earlier: u8,
    /// Whether this pass has found anything new.
    #[serde(rename = "found")]
    pub found_new: bool,
}

impl ListPass {
    /// The maximum number of passes after the first. Without it, an index that lags for long would cause endless passes.
    const MAX_REPEATS: u8 = 10;

    /// Records a page: whether it had new conversations, and the position of the next page (`None` at the end of the list).
    /// Returns what is left to read.
    #[must_use]
    pub fn after_page(mut self, has_new: bool, next: Option<MessageId>) -> Option<Self> {
        self.found_new |= has_new;
        self.reached = next;
        if next.is_some() {
            return Some(self);
        }
        let is_settled = self.earlier > 0 && !self.found_new;
        let next_pass = Self { reached: None, earlier: self.earlier + 1, found_new: false };
        (!is_settled && self.earlier < Self::MAX_REPEATS).then_some(next_pass)
    }
}

/// The next batch, and the source of the one after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkBatch {
    /// The conversations.
    pub conversations: Vec<ConversationId>,
    /// The source of the batch after this one.
    pub rest: Option<BulkRest>,
}

/// The results for some conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkResults {
    /// The number of processed conversations, failures included.
    pub processed: u64,
    /// The conversations on which the action failed.
    pub failures: Vec<BulkFailure>,
}

impl BulkResults {
    /// Adds the result for one conversation.
    pub fn add(&mut self, id: ConversationId, outcome: Result<(), ActionFailure>) {
        self.processed += 1;
        self.failures.extend(outcome.err().map(|code| BulkFailure { id, code }));
    }
}

/// The result of a dry run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DryRun {
    /// The number of matching conversations.
    pub matched: u64,
    /// Whether all of them were counted.
    pub is_exact: bool,
    /// The number of conversations on which the action would fail.
    pub failed: u64,
    /// The first of these failures, at most [`BulkAction::MAX_FAILURES`].
    pub failures: Vec<BulkFailure>,
}

impl DryRun {
    /// Counts one conversation.
    pub fn count(&mut self, id: ConversationId, outcome: Result<(), ActionFailure>) {
        self.matched += 1;
        if let Err(code) = outcome {
            self.failed += 1;
            if self.failures.len() < BulkAction::MAX_FAILURES {
                self.failures.push(BulkFailure { id, code });
            }
        }
    }
}

impl BulkJob {
    /// Creates a job. Also returns the ids that do not fit into its first batch, in chunks of 100.
    #[must_use]
    pub fn new(id: BulkActionId, new: NewBulkAction) -> (Self, Vec<Vec<ConversationId>>) {
        let (mut chunks, mut batch, mut matched) = (Vec::new(), Vec::new(), 0);
        let (target, rest) = match new.selection {
            BulkSelection::Ids(ids) => {
                matched = ids.as_slice().len() as u64;
                let mut all = ids.as_slice().chunks(BulkAction::AT_ONCE).map(<[_]>::to_vec);
                batch = all.next().unwrap_or_default();
                chunks.extend(all.take_while(|_| !new.dry_run));
                let last = u8::try_from(chunks.len()).unwrap_or(u8::MAX);
                (BulkTarget::Ids, (last > 0).then_some(BulkRest::Chunks(1, last)))
            }
            BulkSelection::Filter(filter) => {
                (BulkTarget::Filter(Box::new(filter)), Some(BulkRest::List(ListPass::default())))
            }
            BulkSelection::View(view, filter) => {
                (BulkTarget::View(view, Box::new(filter)), Some(BulkRest::List(ListPass::default())))
            }
        };
        let action = BulkAction {
            id,
            action: new.action,
            exact: target == BulkTarget::Ids,
            target,
            dry_run: new.dry_run,
            status: BulkStatus::Queued,
            matched,
            processed: 0,
            failed: 0,
            failures: Vec::new(),
            finished_at: None,
            version: 1,
        };
        (Self { action, key: new.key, step: 0, batch, rest, cancelled_at: None }, chunks)
    }

    /// Returns whether the job has finished.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.action.finished_at.is_some()
    }

    /// Returns the filters that a conversation must match when it is processed: the target's filter, and that the
    /// conversation existed at the time of the request. The list is read to its current end, so conversations that moved
    /// there with a new reply are found. Conversations created since then do not match.
    #[must_use]
    pub fn filters(&self) -> Vec<ConversationFilter> {
        let Some(filter) = self.action.target.filter() else { return Vec::new() };
        let next = Timestamp::from_millis(self.action.id.time().as_millis() + 1);
        let existed = ConversationFilter { created_before: Some(next), ..ConversationFilter::default() };
        vec![filter.clone(), existed]
    }

    /// Records the result of a dry run and ends the job.
    #[must_use]
    pub fn after_dry_run(mut self, result: DryRun) -> Self {
        let now = Timestamp::from_millis(self.action.id.time().as_millis());
        (self.action.matched, self.action.exact) = (result.matched, result.is_exact);
        (self.action.failed, self.action.failures) = (result.failed, result.failures);
        self.finish(BulkStatus::Succeeded, now);
        self
    }

    /// Records the results of the due step and moves to the next batch. Ends the job if it was cancelled or there is no
    /// next batch.
    #[must_use]
    pub fn after_step(mut self, results: &BulkResults, next: BulkBatch, now: Timestamp) -> Self {
        self.record(results);
        if self.cancelled_at.is_some() {
            self.finish(BulkStatus::Cancelled, now);
        } else if next.conversations.is_empty() && next.rest.is_none() {
            self.action.exact = true;
            self.finish(BulkStatus::Succeeded, now);
        } else {
            (self.batch, self.rest) = (next.conversations, next.rest);
        }
        self
    }

    /// Records the results of the due step and ends the job as failed, because it cannot continue.
    #[must_use]
    pub fn failed(mut self, results: &BulkResults, now: Timestamp) -> Self {
        self.record(results);
        self.finish(BulkStatus::Failed, now);
        self
    }

    /// Cancels the job. It ends after the step in progress.
    #[must_use]
    pub fn cancelled(mut self, now: Timestamp) -> Self {
        self.cancelled_at = Some(now);
        self.action.status = BulkStatus::Cancelled;
        self.action.version += 1;
        self
    }

    /// Lets the step that is due be the last one, because the API key of the job may not continue.
    #[must_use]
    pub fn stopped(self, now: Timestamp) -> Self {
        Self { cancelled_at: Some(now), ..self }
    }

    fn record(&mut self, results: &BulkResults) {
        let action = &mut self.action;
        self.step += 1;
        action.version += 1;
        action.status = BulkStatus::Running;
        action.processed += results.processed;
        action.failed += results.failures.len() as u64;
        let room = BulkAction::MAX_FAILURES.saturating_sub(action.failures.len());
        action.failures.extend(results.failures.iter().take(room));
        if action.target.filter().is_some() {
            action.matched = action.processed;
        }
    }

    fn finish(&mut self, status: BulkStatus, now: Timestamp) {
        (self.action.status, self.action.finished_at) = (status, Some(now));
        self.rest = None;
        self.batch.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{BulkBatch, BulkJob, BulkRest, BulkResults, ListPass};
    use crate::{
        Action, ActionFailure, BulkActionId, BulkSelection, BulkStatus, ConversationFilter, ConversationId,
        ConversationIds, KeyId, MessageId, NewBulkAction, Timestamp,
    };

    const NOW: Timestamp = Timestamp::from_millis(1_782_669_600_000);

    fn id(n: u64) -> ConversationId {
        let mut bytes = [0; 16];
        bytes[8..].copy_from_slice(&n.to_be_bytes());
        ConversationId::from_bytes(bytes)
    }

    fn job(selection: BulkSelection) -> (BulkJob, Vec<Vec<ConversationId>>) {
        let new =
            NewBulkAction { action: Action::Assign(None), selection, dry_run: false, key: KeyId::from_bytes([1; 16]) };
        BulkJob::new(BulkActionId::from_bytes([2; 16]), new)
    }

    fn of_ids(count: u64) -> (BulkJob, Vec<Vec<ConversationId>>) {
        job(BulkSelection::Ids(ConversationIds::parse((0..count).map(id).collect()).expect("ids")))
    }

    #[test]
    fn ids_are_processed_in_batches_of_100() {
        let (first, chunks) = of_ids(250);
        assert_eq!((first.batch.len(), first.rest, chunks.len()), (100, Some(BulkRest::Chunks(1, 2)), 2));
        assert_eq!(of_ids(100).0.rest, None);
    }

    #[test]
    fn job_ends_without_a_next_batch() {
        let (first, _) = of_ids(2);
        let mut results = BulkResults::default();
        results.add(id(0), Ok(()));
        results.add(id(1), Err(ActionFailure::NotFound));
        let ended = first.after_step(&results, BulkBatch::default(), NOW);
        assert_eq!((ended.action.status, ended.action.processed, ended.action.failed), (BulkStatus::Succeeded, 2, 1));
        assert_eq!((ended.step, ended.action.version, ended.is_finished()), (1, 2, true));
    }

    #[test]
    fn cancelled_job_ends_after_its_step() {
        let (first, chunks) = of_ids(250);
        let cancelled = first.cancelled(NOW);
        assert_eq!((cancelled.action.status, cancelled.is_finished()), (BulkStatus::Cancelled, false));
        let next = BulkBatch { conversations: chunks[0].clone(), rest: None };
        let ended = cancelled.after_step(&BulkResults::default(), next, NOW);
        assert_eq!((ended.action.status, ended.batch.len(), ended.is_finished()), (BulkStatus::Cancelled, 0, true));
    }

    #[test]
    fn filtered_job_matches_what_it_processed() {
        let (first, _) = job(BulkSelection::Filter(ConversationFilter::default()));
        assert_eq!((first.batch.len(), first.action.exact, first.filters().len()), (0, false, 2));
        let mut results = BulkResults::default();
        results.add(id(0), Ok(()));
        let running = first.after_step(&results, BulkBatch { conversations: vec![id(1)], rest: None }, NOW);
        assert_eq!((running.action.status, running.action.matched), (BulkStatus::Running, 1));
    }

    #[test]
    fn list_passes_repeat_until_nothing_is_new() {
        let at = MessageId::from_bytes([3; 16]);
        let first = ListPass::default().after_page(true, Some(at)).expect("there is more");
        assert_eq!(first.reached, Some(at));
        let second = first.after_page(false, None).expect("the first pass is always followed by another");
        assert_eq!(second, ListPass { reached: None, earlier: 1, found_new: false });
        assert_eq!(second.after_page(false, None), None, "settled");
        assert!(second.after_page(true, None).is_some(), "something was new");
        let last = ListPass { earlier: ListPass::MAX_REPEATS, ..ListPass::default() };
        assert_eq!(last.after_page(true, None), None, "the passes are bounded");
    }
}
