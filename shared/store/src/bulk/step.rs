use std::{collections::HashMap, time::Duration};

use deskless_domain::{ActionFailure, BulkAction, BulkActionId, BulkFailure, BulkStatus, ConversationId};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    item::{BulkItem, DoneItem},
    plan::Plan,
};
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    conversation::{Act, Acted},
    item::{self, Item},
    transaction::{ABSENT, Outcome, Transaction},
};

/// How many conversations are dealt with at the same time.
const SIDE_BY_SIDE: usize = 10;

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkStep {
    /// There are more: the action's item says which one, and that calls for it.
    Goes,
    /// It was the last one.
    Done,
    /// Somebody else has taken it, or there is no such action.
    Passed,
    /// The action cannot go on, and has ended; this is for the log.
    Failed(String),
}

/// What a step has done.
#[derive(Debug, Default)]
struct Results {
    processed: u64,
    failures: Vec<BulkFailure>,
}

/// What became of one conversation.
enum Turn {
    Done(Result<(), ActionFailure>),
    /// It does not pass the filter.
    Left,
    /// It had its turn in an earlier step.
    Over,
}

impl Results {
    fn of(turns: impl IntoIterator<Item = (ConversationId, Turn)>) -> Self {
        let mut results = Self::default();
        for (id, turn) in turns {
            let Turn::Done(outcome) = turn else { continue };
            results.processed += 1;
            results.failures.extend(outcome.err().map(|code| BulkFailure { id, code }));
        }
        results
    }
}

impl TenantStore {
    /// AP-75: one step of a bulk action: at most a hundred conversations. `step` is the progress that calls for it: one that
    /// was taken already is not taken again, so a record of the stream that comes twice starts no second chain of steps.
    ///
    /// A step that is interrupted anywhere can be taken again, and two may even take it at the same time: what it deals
    /// with was written down before, each conversation's change is committed with a row that says so and can be put once,
    /// and what those rows say is what is counted.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn bulk_step(&self, id: BulkActionId, step: u64) -> Result<BulkStep, StoreError> {
        let Some(item) = self.bulk_item(id).await?.filter(|item| item.step == step && !item.is_over()) else {
            return Ok(BulkStep::Passed);
        };
        match self.take_step(id, &item).await {
            Ok(None) => Ok(BulkStep::Passed),
            Ok(Some(item)) => Ok(if item.is_over() { BulkStep::Done } else { BulkStep::Goes }),
            // Neither waiting nor trying again would help.
            Err(StoreError::Internal(why)) => {
                let _ = self.write_down(id, item, &Results::default(), None).await?;
                Ok(BulkStep::Failed(why))
            }
            Err(error) => Err(error),
        }
    }

    /// AP-75: takes all steps that are left, for at most so long, and gives the action as it is then, with what went wrong on
    /// the way. What is left is the worker's: the stream has called for it already.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], and when the table does not answer.
    pub async fn carry_out_bulk_action(
        &self,
        id: BulkActionId,
        within: Duration,
    ) -> Result<(BulkAction, Option<StoreError>), StoreError> {
        let steps = async {
            let mut known = None;
            loop {
                let item = match known {
                    Some(known) => known,
                    None => self.bulk_item(id).await?.ok_or(StoreError::NotFound)?,
                };
                if item.is_over() {
                    return Ok(item.into_action(id));
                }
                known = self.take_step(id, &item).await?;
            }
        };
        let too_long = |_| Err(StoreError::Unavailable("it takes too long".to_owned()));
        match tokio::time::timeout(within, steps).await.unwrap_or_else(too_long) {
            Ok(action) => Ok((action, None)),
            Err(trouble) => Ok((self.get_bulk_action(id).await?, Some(trouble))),
        }
    }

    /// Gives the item as it is behind the step; `None`: somebody else has taken it.
    async fn take_step(&self, id: BulkActionId, item: &BulkItem) -> Result<Option<BulkItem>, StoreError> {
        let tenant = self.with_shards(item.shards());
        if item.cancelled_at.is_some() {
            let results = Results::of(tenant.done_before(id, item.step, &item.plan).await?);
            return tenant.write_down(id, item.clone(), &results, Some(&Plan::default())).await;
        }
        let results = tenant.work(id, item).await?;
        let next = tenant.plan_next(id, item).await?;
        tenant.write_down(id, item.clone(), &results, Some(&next)).await
    }

    /// Deals with the conversations of the plan.
    async fn work(&self, id: BulkActionId, item: &BulkItem) -> Result<Results, StoreError> {
        if item.plan.is_empty() {
            return Ok(Results::default());
        }
        let Some(filters) = self.resolve_filters(&item.filters(id)).await? else { return Ok(Results::default()) };
        let mut known = self.read_conversations(&item.plan).await?;
        let act = Act { action: &item.action, filters: &filters, key: Some(item.key_id), cause: None };
        let mut turns = Vec::with_capacity(item.plan.len());
        for &conversation in &item.plan {
            let turn = self.deal_with(id, item, &act, conversation, known.remove(&conversation));
            turns.push(async move { Ok::<_, StoreError>((conversation, turn.await?)) });
        }
        let mut turns: Vec<_> = stream::iter(turns).buffered(SIDE_BY_SIDE).try_collect().await?;
        // What an attempt that was interrupted has changed may not pass the filter any more.
        let left = turns.iter().filter(|(_, turn)| matches!(turn, Turn::Left));
        let left: Vec<_> = left.map(|(conversation, _)| *conversation).collect();
        let mut before = self.done_before(id, item.step, &left).await?;
        for (conversation, turn) in &mut turns {
            if let Some(done) = before.remove(conversation) {
                *turn = done;
            }
        }
        Ok(Results::of(turns))
    }

    async fn deal_with(
        &self,
        id: BulkActionId,
        item: &BulkItem,
        act: &Act<'_>,
        conversation: ConversationId,
        stored: Option<Item>,
    ) -> Result<Turn, StoreError> {
        let done = |transaction: &mut Transaction, outcome: Result<(), ActionFailure>| {
            let done = DoneItem { step: item.step, failure: outcome.err(), expires_at: item.expires_at };
            let row = item::write(self.keys().bulk_done(id, conversation), &done)?;
            transaction.put(self, row, Some(ABSENT))
        };
        match self.act(conversation, act, stored, done).await? {
            Acted::Done => Ok(Turn::Done(Ok(()))),
            Acted::Failed(failure) => Ok(Turn::Done(Err(failure))),
            Acted::Left => Ok(Turn::Left),
            Acted::Witnessed(standing) => {
                let missing = || StoreError::Unavailable("a row that stood there is gone".to_owned());
                turn_of(standing.ok_or_else(missing)?, item.step)
            }
        }
    }

    /// What an attempt of this step that was interrupted has done to these conversations.
    async fn done_before(
        &self,
        id: BulkActionId,
        step: u64,
        conversations: &[ConversationId],
    ) -> Result<HashMap<ConversationId, Turn>, StoreError> {
        let found = self.bulk_rows(id, conversations).await?;
        found.into_iter().map(|(conversation, row)| Ok((conversation, turn_of(row, step)?))).collect()
    }

    /// Writes down what a step has done, and with what the next one deals; without a plan the action has failed. Gives the
    /// item as it is then; `None`: somebody else has taken the step. Whoever cancels the action is not in its way.
    async fn write_down(
        &self,
        id: BulkActionId,
        mut item: BulkItem,
        results: &Results,
        next: Option<&Plan>,
    ) -> Result<Option<BulkItem>, StoreError> {
        let step = item.step;
        let mut backoff = Backoff::new(self.clock());
        loop {
            item.advance(results);
            let now = self.clock().now();
            match next {
                None => item.end(BulkStatus::Failed, now),
                Some(_) if item.cancelled_at.is_some() => item.end(BulkStatus::Cancelled, now),
                Some(next) if next.is_end() => {
                    item.exact = true;
                    item.end(BulkStatus::Succeeded, now);
                }
                Some(Plan { ids, rest }) => (item.plan, item.rest) = (ids.clone(), *rest),
            }
            let mut transaction = Transaction::default();
            self.put_bulk_item(&mut transaction, id, &mut item)?;
            if let Outcome::Committed = transaction.commit(self, &mut backoff).await? {
                return Ok(Some(item));
            }
            item = match self.bulk_item(id).await?.filter(|item| item.step == step && !item.is_over()) {
                Some(item) => item,
                None => return Ok(None),
            };
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("the bulk action keeps changing".to_owned()));
            }
        }
    }
}

impl BulkItem {
    /// Counts what a step has done.
    fn advance(&mut self, results: &Results) {
        self.step += 1;
        self.status = BulkStatus::Running;
        self.processed += results.processed;
        self.failed += results.failures.len() as u64;
        let room = BulkAction::MOST_FAILURES.saturating_sub(self.failures.len());
        self.failures.extend(results.failures.iter().take(room));
        if self.target.filter().is_some() {
            self.matched = self.processed;
        }
    }
}

/// What a row says that was there before.
fn turn_of(done: Item, step: u64) -> Result<Turn, StoreError> {
    let done: DoneItem = item::read(done)?;
    if done.step != step {
        return Ok(Turn::Over);
    }
    Ok(Turn::Done(done.failure.map_or(Ok(()), Err)))
}
