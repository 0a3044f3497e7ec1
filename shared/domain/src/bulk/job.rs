//! The work of a bulk action, step by step.
//!
//! The state machine is here; nothing in it reads or writes. Each step deals with the conversations of one batch, which is
//! stored before they are touched: a step that is interrupted and taken again deals with the same ones.

use serde::{Deserialize, Serialize};

use crate::{
    ActionFailure, BulkAction, BulkActionId, BulkFailure, BulkSelection, BulkStatus, BulkTarget, ConversationFilter,
    ConversationId, KeyId, MessageId, NewBulkAction, Shards, Timestamp,
};

/// A bulk action together with its work that is left.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkJob {
    /// The bulk action as clients see it.
    pub action: BulkAction,
    /// The API key that asked for it.
    pub key: KeyId,
    /// Over how many index partitions the workspace's conversations are spread.
    pub shards: Shards,
    /// The number of the step that is due.
    pub step: u64,
    /// The conversations of that step, at most 100.
    pub batch: Vec<ConversationId>,
    /// Where the next batch comes from; `None` when this is the last one.
    pub rest: Option<BulkRest>,
    /// When it was cancelled. The step under way ends first.
    pub cancelled_at: Option<Timestamp>,
}

/// Where the next batch comes from.
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
/// Conversations move in the list while it is read, and one that moves at the wrong moment is missed. The list is therefore
/// read again until a pass finds nothing new.
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
    /// The most passes after the first. An index that lags for long would cause one after another.
    const MOST_REPEATS: u8 = 10;

    /// Records a page: whether it had anything new, and where the next one begins; `None` at the end of the list. Returns
    /// what is left to read.
    #[must_use]
    pub fn after_page(mut self, has_new: bool, next: Option<MessageId>) -> Option<Self> {
        self.found_new |= has_new;
        self.reached = next;
        if next.is_some() {
            return Some(self);
        }
        let is_settled = self.earlier > 0 && !self.found_new;
        let next_pass = Self { reached: None, earlier: self.earlier + 1, found_new: false };
        (!is_settled && self.earlier < Self::MOST_REPEATS).then_some(next_pass)
    }
}

/// The next batch, and what comes after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkBatch {
    /// The conversations.
    pub conversations: Vec<ConversationId>,
    /// Where the batch after this one comes from.
    pub rest: Option<BulkRest>,
}

/// The result of dealing with some conversations.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BulkResults {
    /// The number of processed conversations, failures included.
    pub processed: u64,
    /// The conversations on which the action was not possible.
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
    /// The number of conversations on which the action would not be possible.
    pub failed: u64,
    /// The first of them.
    pub failures: Vec<BulkFailure>,
}

impl DryRun {
    /// Counts one conversation.
    pub fn count(&mut self, id: ConversationId, outcome: Result<(), ActionFailure>) {
        self.matched += 1;
        if let Err(code) = outcome {
            self.failed += 1;
            if self.failures.len() < BulkAction::MOST_FAILURES {
                self.failures.push(BulkFailure { id, code });
            }
        }
    }
}

impl BulkJob {
    /// Creates a job. Returns it with the ids that do not fit into its first batch, in chunks of 100.
    #[must_use]
    pub fn new(id: BulkActionId, new: NewBulkAction, shards: Shards) -> (Self, Vec<Vec<ConversationId>>) {
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
        (Self { action, key: new.key, shards, step: 0, batch, rest, cancelled_at: None }, chunks)
    }

    /// Returns whether nothing is left to do.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.action.finished_at.is_some()
    }

    /// Returns the filters that a conversation must pass when its turn comes: the target's, and that it existed when the
    /// action was asked for. The list is read to where it ends by then, so that conversations that got a reply and moved
    /// ahead are found; those that were opened since are not.
    #[must_use]
    pub fn filters(&self) -> Vec<ConversationFilter> {
        let Some(filter) = self.action.target.filter() else { return Vec::new() };
        let next = Timestamp::from_millis(self.action.id.time().as_millis() + 1);
        let existed = ConversationFilter { created_before: Some(next), ..ConversationFilter::default() };
        vec![filter.clone(), existed]
    }

    /// Ends a dry run.
    #[must_use]
    pub fn after_dry_run(mut self, result: DryRun) -> Self {
        let now = Timestamp::from_millis(self.action.id.time().as_millis());
        (self.action.matched, self.action.exact) = (result.matched, result.is_exact);
        (self.action.failed, self.action.failures) = (result.failed, result.failures);
        self.finish(BulkStatus::Succeeded, now);
        self
    }

    /// Records the results of the step that was due and moves on to the next batch. A cancelled job ends here; so does one
    /// that has no next batch.
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

    /// Records the results of the step that was due and ends the job, because it cannot go on.
    #[must_use]
    pub fn failed(mut self, results: &BulkResults, now: Timestamp) -> Self {
        self.record(results);
        self.finish(BulkStatus::Failed, now);
        self
    }

    /// Cancels the job. The step under way ends it.
    #[must_use]
    pub fn cancelled(mut self, now: Timestamp) -> Self {
        self.cancelled_at = Some(now);
        self.action.status = BulkStatus::Cancelled;
        self.action.version += 1;
        self
    }

    fn record(&mut self, results: &BulkResults) {
        let action = &mut self.action;
        self.step += 1;
        action.version += 1;
        action.status = BulkStatus::Running;
        action.processed += results.processed;
        action.failed += results.failures.len() as u64;
        let room = BulkAction::MOST_FAILURES.saturating_sub(action.failures.len());
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
        ConversationIds, KeyId, MessageId, NewBulkAction, Shards, Timestamp,
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
        BulkJob::new(BulkActionId::from_bytes([2; 16]), new, Shards::default())
    }

    fn of_ids(count: u64) -> (BulkJob, Vec<Vec<ConversationId>>) {
        job(BulkSelection::Ids(ConversationIds::parse((0..count).map(id).collect()).expect("ids")))
    }

    #[test]
    fn ids_are_dealt_with_a_hundred_at_a_time() {
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
    fn list_is_read_again_until_nothing_is_new() {
        let at = MessageId::from_bytes([3; 16]);
        let first = ListPass::default().after_page(true, Some(at)).expect("there is more");
        assert_eq!(first.reached, Some(at));
        let second = first.after_page(false, None).expect("the first pass is always followed by another");
        assert_eq!(second, ListPass { reached: None, earlier: 1, found_new: false });
        assert_eq!(second.after_page(false, None), None, "settled");
        assert!(second.after_page(true, None).is_some(), "something was new");
        let last = ListPass { earlier: ListPass::MOST_REPEATS, ..ListPass::default() };
        assert_eq!(last.after_page(true, None), None, "the passes are bounded");
    }
}
