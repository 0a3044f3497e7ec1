use std::time::Duration;

use deskless_domain::{
    ActionFailure, BulkAction, BulkActionId, BulkBatch, BulkJob, BulkResults, Conversation, ConversationFilter,
    ConversationId, Decision, Effect,
};
use deskless_store::{Backoff, BulkMarker, Initiator, Marked, TenantStore};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::next_batch::next_batch;
use crate::AppError;

/// How many conversations are dealt with at the same time.
const SIDE_BY_SIDE: usize = 10;

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepOutcome {
    /// There are more steps. The job's row says which one is due.
    More,
    /// It was the last step.
    Finished,
    /// The step was taken before, or there is no such job.
    Skipped,
    /// The job cannot go on and has ended. The text is for the log.
    Failed(String),
}

/// What became of one conversation in a step.
enum Turn {
    /// The action was carried out or was not possible.
    Done(Result<(), ActionFailure>),
    /// The conversation does not pass the filters.
    Skipped,
    /// An earlier step dealt with it.
    Earlier,
}

/// Takes one step of a bulk action: at most 100 conversations. `step` is the step that is due: one that was taken already is not
/// taken again, so an event that is delivered twice starts no second chain of steps.
///
/// A step that is interrupted can be taken again, and two workers may even take it at the same time: its conversations are
/// stored beforehand, each change commits with a marker that can be written once, and results are computed from the
/// markers.
///
/// # Errors
/// When the table does not answer.
pub async fn run_step(store: &TenantStore, id: BulkActionId, step: u64) -> Result<StepOutcome, AppError> {
    let Some(job) = store.find_bulk_job(id).await?.filter(|job| job.step == step && !job.is_finished()) else {
        return Ok(StepOutcome::Skipped);
    };
    match take(store, &job).await {
        Ok(None) => Ok(StepOutcome::Skipped),
        Ok(Some(job)) if job.is_finished() => Ok(StepOutcome::Finished),
        Ok(Some(_)) => Ok(StepOutcome::More),
        // Neither waiting nor trying again would help.
        Err(AppError::Internal(reason)) => {
            let results = recorded(store, &job, &job.batch).await?;
            write(store, job, |job| job.failed(&results, store.clock().now())).await?;
            Ok(StepOutcome::Failed(reason))
        }
        Err(error) => Err(error),
    }
}

/// Takes steps until the bulk action has finished or the time is over. Returns it as it is then, with the error that
/// stopped it, if one did. The worker takes the steps that are left.
///
/// # Errors
/// [`AppError::NotFound`], and when the table does not answer.
pub async fn run_within(
    store: &TenantStore,
    id: BulkActionId,
    time: Duration,
) -> Result<(BulkAction, Option<AppError>), AppError> {
    let steps = async {
        let mut known = None;
        loop {
            let job = match known {
                Some(job) => job,
                None => store.find_bulk_job(id).await?.ok_or(AppError::NotFound)?,
            };
            if job.is_finished() {
                return Ok(job.action);
            }
            known = take(store, &job).await?;
        }
    };
    let too_long = |_| Err(AppError::Unavailable("the bulk action takes too long".to_owned()));
    match tokio::time::timeout(time, steps).await.unwrap_or_else(too_long) {
        Ok(action) => Ok((action, None)),
        Err(error) => Ok((super::get(store, id).await?, Some(error))),
    }
}

/// Takes the step that is due. Returns the job after it, or `None` when somebody else has taken the step.
async fn take(store: &TenantStore, job: &BulkJob) -> Result<Option<BulkJob>, AppError> {
    let store = store.with_shards(job.shards);
    let (results, next) = if job.cancelled_at.is_some() {
        (recorded(&store, job, &job.batch).await?, BulkBatch::default())
    } else {
        (work(&store, job).await?, next_batch(&store, job).await?)
    };
    let now = store.clock().now();
    write(&store, job.clone(), |job| job.after_step(&results, next.clone(), now)).await
}

/// Writes the job after a step. If it was cancelled in between, the step ends the cancelled job. Returns `None` when
/// somebody else has taken the step.
async fn write(
    store: &TenantStore,
    mut job: BulkJob,
    advance: impl Fn(BulkJob) -> BulkJob,
) -> Result<Option<BulkJob>, AppError> {
    let (id, step) = (job.action.id, job.step);
    let mut backoff = Backoff::new(store.clock());
    loop {
        let next = advance(job);
        if store.update_bulk_job(&next, None).await?.is_some() {
            return Ok(Some(next));
        }
        job = match store.find_bulk_job(id).await?.filter(|job| job.step == step && !job.is_finished()) {
            Some(job) => job,
            None => return Ok(None),
        };
        backoff.pause("the bulk action keeps changing").await?;
    }
}

/// Deals with the conversations of the batch.
async fn work(store: &TenantStore, job: &BulkJob) -> Result<BulkResults, AppError> {
    if job.batch.is_empty() {
        return Ok(BulkResults::default());
    }
    let Some(filters) = store.resolve_emails(&job.filters()).await? else { return Ok(BulkResults::default()) };
    let mut found = store.find_conversations(&job.batch).await?;
    let turns = job.batch.iter().map(|&id| {
        let found = found.remove(&id);
        let filters = &filters;
        async move { Ok::<_, AppError>((id, deal_with(store, job, filters, id, found).await?)) }
    });
    let turns: Vec<_> = turns.collect();
    let turns: Vec<(ConversationId, Turn)> = stream::iter(turns).buffered(SIDE_BY_SIDE).try_collect().await?;
    // What an interrupted attempt of this step has changed may not pass the filters any more.
    let skipped = turns.iter().filter(|(_, turn)| matches!(turn, Turn::Skipped)).map(|(id, _)| *id);
    let mut results = recorded(store, job, &skipped.collect::<Vec<_>>()).await?;
    for (id, turn) in turns {
        if let Turn::Done(outcome) = turn {
            results.add(id, outcome);
        }
    }
    Ok(results)
}

async fn deal_with(
    store: &TenantStore,
    job: &BulkJob,
    filters: &[ConversationFilter],
    id: ConversationId,
    mut conversation: Option<Conversation>,
) -> Result<Turn, AppError> {
    let by = Initiator { key: Some(job.key), cause: None };
    let mut backoff = Backoff::new(store.clock());
    loop {
        let outcome = match job.action.action.decide(conversation.as_ref(), filters, store.clock().now()) {
            Decision::Skip => return Ok(Turn::Skipped),
            Decision::Fail(failure) => Err(failure),
            Decision::Apply(effect) => Ok(effect),
        };
        let marker = BulkMarker { step: job.step, failure: outcome.as_ref().err().copied() }.of(job.action.id, id);
        let state = match (&conversation, &outcome) {
            (Some(conversation), Ok(effect)) => store.apply_effect(conversation, effect, by, &marker).await?,
            _ => store.mark(&marker).await?,
        };
        match state {
            Marked::Written => return Ok(Turn::Done(outcome.map(|_: Effect| ()))),
            Marked::AlreadyWritten => return earlier_turn(store, job, id).await,
            Marked::Changed => {
                backoff.pause("the conversation keeps changing").await?;
                conversation = store.find_conversations(&[id]).await?.remove(&id);
            }
        }
    }
}

async fn earlier_turn(store: &TenantStore, job: &BulkJob, id: ConversationId) -> Result<Turn, AppError> {
    let marker = store.bulk_markers(job.action.id, &[id]).await?.remove(&id);
    let marker = marker.ok_or_else(|| AppError::Unavailable("a marker is gone".to_owned()))?;
    Ok(turn_of(job, marker))
}

fn turn_of(job: &BulkJob, marker: BulkMarker) -> Turn {
    if marker.step == job.step { Turn::Done(marker.failure.map_or(Ok(()), Err)) } else { Turn::Earlier }
}

/// Computes what this step has done from its markers for these conversations.
async fn recorded(
    store: &TenantStore,
    job: &BulkJob,
    conversations: &[ConversationId],
) -> Result<BulkResults, AppError> {
    let mut markers = store.bulk_markers(job.action.id, conversations).await?;
    let mut results = BulkResults::default();
    for id in conversations {
        if let Some(Turn::Done(outcome)) = markers.remove(id).map(|marker| turn_of(job, marker)) {
            results.add(*id, outcome);
        }
    }
    Ok(results)
}
