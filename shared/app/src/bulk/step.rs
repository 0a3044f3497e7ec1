use std::time::Duration;

use deskless_domain::{
    ActionFailure, ApiKey, AuditActor, BulkAction, BulkActionId, BulkBatch, BulkJob, BulkResults, Conversation,
    ConversationId, Decision, Effect, ResolvedFilter, Scope, authorization::may_continue,
};
use deskless_store::{BulkMarker, Marked, StoreError, TenantStore};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::next_batch::next_batch;
use crate::AppError;

/// The number of conversations that are processed concurrently.
const CONCURRENCY: usize = 10;

/// The outcome of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepOutcome {
    /// There are more steps. The job's item has the number of the next one.
    More,
    /// It was the last step.
    Finished,
    /// The step was already taken, or there is no such job.
    Skipped,
    /// The job failed. The text is for the log.
    Failed(String),
}

/// The outcome of a step for one conversation.
enum ConversationOutcome {
    /// The action was applied or was not possible.
    Done(Result<(), ActionFailure>),
    /// The conversation does not match the filters.
    Skipped,
    /// An earlier step processed it.
    Earlier,
}

/// AP-75: Takes one step of a bulk action: at most 100 conversations, each as AP-70. `step` is the number of the step in the event.
/// A step that was already taken is not taken again, so a repeated event starts no second chain of steps.
///
/// Steps are idempotent, even if two workers take one at the same time: the ids of its conversations are stored in the bulk
/// action's item before any of them is updated (27 ids for each KB), each update commits with a put-once marker, and totals are
/// computed from the markers. The write that completes a step stores the next hundred ids. While there are steps left, the item
/// has the attribute `job`, which the stream's filter matches.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn run_step(store: &TenantStore, id: BulkActionId, step: u64) -> Result<StepOutcome, AppError> {
    let Some(job) = store.find_bulk_job(id).await?.filter(|job| job.step == step && !job.is_finished()) else {
        return Ok(StepOutcome::Skipped);
    };
    match take_due_step(store, &job).await {
        Ok(None) => Ok(StepOutcome::Skipped),
        Ok(Some(job)) if job.is_finished() => Ok(StepOutcome::Finished),
        Ok(Some(_)) => Ok(StepOutcome::More),
        // A retry would fail too. An email address can get too many customers after the creation.
        Err(error @ (AppError::Internal(_) | AppError::Invalid(_))) => {
            let reason = match error {
                AppError::Internal(reason) => reason,
                other => other.to_string(),
            };
            let results = recorded_results(store, &job, &job.batch).await?;
            write(store, job, |job| job.failed(&results, store.clock().now())).await?;
            Ok(StepOutcome::Failed(reason))
        }
        Err(error) => Err(error),
    }
}

/// AP-72: Takes steps of a bulk action that was just created, until it has finished or the time is over. Returns the bulk action,
/// and the error that interrupted it. The worker takes the remaining steps.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Unavailable`].
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
            known = take_due_step(store, &job).await?;
        }
    };
    let too_long = |_| Err(AppError::Unavailable("the bulk action did not finish in time".to_owned()));
    match tokio::time::timeout(time, steps).await.unwrap_or_else(too_long) {
        Ok(action) => Ok((action, None)),
        Err(error) => Ok((super::get(store, id).await?, Some(error))),
    }
}

/// Takes the step that is due. Returns the job after it, or `None` when another worker has taken the step.
async fn take_due_step(store: &TenantStore, job: &BulkJob) -> Result<Option<BulkJob>, AppError> {
    let is_denied = is_denied(store, job).await?;
    let (results, next) = if is_denied || job.cancelled_at.is_some() {
        (recorded_results(store, job, &job.batch).await?, BulkBatch::default())
    } else {
        (process_batch(store, job).await?, next_batch(store, job).await?)
    };
    let now = store.clock().now();
    let stop = |job: BulkJob| if is_denied { job.stopped(now) } else { job };
    write(store, job.clone(), |job| stop(job).after_step(&results, next.clone(), now)).await
}

/// AP-101: Returns whether the API key that requested the bulk action may no longer do what it does. Then it is cancelled.
async fn is_denied(store: &TenantStore, job: &BulkJob) -> Result<bool, AppError> {
    let key = store.cached_key(job.key).await?;
    let may_continue = |key: &ApiKey| may_continue(key, Scope::WriteConversations, store.clock().now()).is_ok();
    Ok(!key.is_some_and(|key| may_continue(&key)))
}

/// Writes the job after a step. If it was cancelled meanwhile, finishes the cancelled job. Returns `None` when another worker has
/// taken the step.
async fn write(
    store: &TenantStore,
    mut job: BulkJob,
    advance: impl Fn(BulkJob) -> BulkJob,
) -> Result<Option<BulkJob>, AppError> {
    let (id, step) = (job.action.id, job.step);
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
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

/// Processes the conversations of the batch.
async fn process_batch(store: &TenantStore, job: &BulkJob) -> Result<BulkResults, AppError> {
    if job.batch.is_empty() {
        return Ok(BulkResults::default());
    }
    let Some(filters) = store.resolve_emails(&job.filters()).await? else { return Ok(BulkResults::default()) };
    let mut found = store.find_conversations(&job.batch).await?;
    let processing = job.batch.iter().map(|&id| {
        let found = found.remove(&id);
        let filters = &filters;
        async move { Ok::<_, AppError>((id, process(store, job, filters, id, found).await?)) }
    });
    let processing: Vec<_> = processing.collect();
    let outcomes: Vec<(ConversationId, ConversationOutcome)> =
        stream::iter(processing).buffered(CONCURRENCY).try_collect().await?;
    // A conversation that an interrupted attempt of this step has updated may no longer match the filters.
    let skipped =
        outcomes.iter().filter(|(_, outcome)| matches!(outcome, ConversationOutcome::Skipped)).map(|(id, _)| *id);
    let mut results = recorded_results(store, job, &skipped.collect::<Vec<_>>()).await?;
    for (id, outcome) in outcomes {
        if let ConversationOutcome::Done(result) = outcome {
            results.add(id, result);
        }
    }
    Ok(results)
}

/// Applies the action to one conversation, unless an earlier step or attempt has.
async fn process(
    store: &TenantStore,
    job: &BulkJob,
    filters: &[ResolvedFilter],
    id: ConversationId,
    mut conversation: Option<Conversation>,
) -> Result<ConversationOutcome, AppError> {
    let store = store.acting_as(AuditActor::BulkAction { id: job.action.id, key: job.key });
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let result = match job.action.action.decide(conversation.as_ref(), filters, store.clock().now()) {
            Decision::Skip => return Ok(ConversationOutcome::Skipped),
            Decision::Fail(failure) => Err(failure),
            Decision::Apply(effect) => Ok(effect),
        };
        let marker = BulkMarker { step: job.step, failure: result.as_ref().err().copied() }.of(job.action.id, id);
        let state = match (&conversation, &result) {
            (Some(conversation), Ok(effect)) => match store.apply_effect(conversation, effect, None, &marker).await {
                Err(StoreError::SessionKeyExists(_)) => {
                    let failure = ActionFailure::SessionKeyExists;
                    let marker = BulkMarker { step: job.step, failure: Some(failure) }.of(job.action.id, id);
                    match store.mark(&marker).await? {
                        Marked::Written => return Ok(ConversationOutcome::Done(Err(failure))),
                        other => other,
                    }
                }
                state => state?,
            },
            _ => store.mark(&marker).await?,
        };
        match state {
            Marked::Written => return Ok(ConversationOutcome::Done(result.map(|_: Effect| ()))),
            Marked::AlreadyWritten => return earlier_outcome(store, job, id).await,
            Marked::Changed => {
                backoff.pause("the conversation keeps changing").await?;
                conversation = store.find_conversations(&[id]).await?.remove(&id);
            }
        }
    }
}

/// Returns the outcome that the conversation's marker has.
async fn earlier_outcome(
    store: &TenantStore,
    job: &BulkJob,
    id: ConversationId,
) -> Result<ConversationOutcome, AppError> {
    let marker = store.bulk_markers(job.action.id, &[id]).await?.remove(&id);
    let marker = marker.ok_or_else(|| AppError::Unavailable("a marker was removed".to_owned()))?;
    Ok(outcome_of(job, marker))
}

fn outcome_of(job: &BulkJob, marker: BulkMarker) -> ConversationOutcome {
    if marker.step == job.step {
        ConversationOutcome::Done(marker.failure.map_or(Ok(()), Err))
    } else {
        ConversationOutcome::Earlier
    }
}

/// Computes the results of this step from its markers for these conversations.
async fn recorded_results(
    store: &TenantStore,
    job: &BulkJob,
    conversations: &[ConversationId],
) -> Result<BulkResults, AppError> {
    let mut markers = store.bulk_markers(job.action.id, conversations).await?;
    let mut results = BulkResults::default();
    for id in conversations {
        if let Some(ConversationOutcome::Done(result)) = markers.remove(id).map(|marker| outcome_of(job, marker)) {
            results.add(*id, result);
        }
    }
    Ok(results)
}
