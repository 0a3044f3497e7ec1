//! The repeats of webhook calls that failed (AP-201 to AP-204).

use deskless_domain::{ActionFailure, Automation, ConversationId, Execution, Reason, RetryResult};
use deskless_outbound::{Client, Request};
use deskless_store::{CallKey, Marked, RetriedCall, StoreError, TenantStore};

use super::{
    step::{denial_of, reason_of},
    webhook::{attempt, secret_of},
};
use crate::AppError;

/// Repeats a webhook call if it is due, with the body and the URL of its first attempt and the current secret of the automation.
///
/// The result is written in one transaction with the execution. If that is interrupted, the call is repeated with the same id. The
/// retries end with the automation, and with the rights of the API key that the execution runs with.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond; the call is due again after a minute.
pub async fn retry_call(store: &TenantStore, client: &Client, key: CallKey) -> Result<(), AppError> {
    let Some(call) = store.claim_call(key).await? else { return Ok(()) };
    let result = repeat(store, client, &call).await?;
    record(store, &call, &result).await
}

/// AP-204: Ends the retries of calls whose conversation was deleted, and removes their bodies.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn abandon_calls(
    store: &TenantStore,
    conversation: ConversationId,
    calls: &[CallKey],
) -> Result<(), AppError> {
    for &key in calls {
        end(store, key, conversation, &RetryResult::GaveUp(reason_of(ActionFailure::NotFound))).await?;
    }
    Ok(())
}

async fn repeat(store: &TenantStore, client: &Client, call: &RetriedCall) -> Result<RetryResult, AppError> {
    let (automation, execution) = tokio::join!(
        store.get_resource::<Automation>(call.key.automation),
        store.find_execution(call.key.automation, call.key.execution)
    );
    let give_up = |code, message| Ok(RetryResult::GaveUp(Reason::new(code, message)));
    let automation = match automation {
        Ok(automation) => automation,
        Err(StoreError::NotFound) => return give_up("automation_deleted", "The automation was deleted."),
        Err(error) => return Err(error.into()),
    };
    let Some(execution) = execution? else {
        return give_up("internal_error", "The execution does not exist any more.");
    };
    if let Some(denial) = denial_of(store, &automation, &execution).await? {
        return Ok(RetryResult::GaveUp(denial.into()));
    }
    let Some(secret) = secret_of(store, &automation).await? else {
        return give_up("automation_changed", "The automation no longer calls a webhook.");
    };
    Ok(attempt(store, client, call, &secret, Request::TIMEOUT).await)
}

/// Records the result of a repeat.
async fn record(store: &TenantStore, call: &RetriedCall, result: &RetryResult) -> Result<(), AppError> {
    let RetryResult::Retry(_, next_attempt) = result else {
        return end(store, call.key, call.conversation, result).await;
    };
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let Some(next) = after(store, call.key, result).await? else {
            return end(store, call.key, call.conversation, result).await;
        };
        match store.postpone_call(call.key, &next, *next_attempt).await? {
            // Or the conversation was deleted meanwhile, and the call with it.
            Marked::Written | Marked::AlreadyWritten => return Ok(()),
            Marked::Changed => backoff.pause("the execution keeps changing").await?,
        }
    }
}

/// AP-203: Removes a call that is over, and records its result.
async fn end(
    store: &TenantStore,
    key: CallKey,
    conversation: ConversationId,
    result: &RetryResult,
) -> Result<(), AppError> {
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let next = after(store, key, result).await?;
        match store.remove_call(key, conversation, next.as_ref()).await? {
            Marked::Written | Marked::AlreadyWritten => return Ok(()),
            Marked::Changed => backoff.pause("the execution keeps changing").await?,
        }
    }
}

/// Returns the execution after the repeat; `None` if it has expired, or its step is no longer retried.
async fn after(store: &TenantStore, key: CallKey, result: &RetryResult) -> Result<Option<Execution>, AppError> {
    let execution = store.find_execution(key.automation, key.execution).await?;
    Ok(execution.and_then(|execution| execution.after_retry(key.step, result.clone(), store.clock().now())))
}
