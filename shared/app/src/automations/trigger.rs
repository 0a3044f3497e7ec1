use deskless_domain::{ConversationChange, Execution, ExecutionId, LiveConversation};
use deskless_store::TenantStore;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::AppError;

/// The number of executions that are created concurrently.
const CONCURRENCY: usize = 16;

/// AP-88: Loads the automations of a workspace into the cache, before many changes trigger them at the same time.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn load(store: &TenantStore) -> Result<(), AppError> {
    store.triggered_automations().await?;
    Ok(())
}

/// AP-88 and AP-89: Queues an execution of each automation that a change of a conversation triggers. Runs for each change, with the
/// cached automations of the workspace. A message is recognized by the conversation's order mark, so records of messages are not
/// read. The id of an execution is derived from its automation and its origin, the conversation and its version, so a repeated
/// record creates no second execution.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn trigger(store: &TenantStore, change: &ConversationChange) -> Result<(), AppError> {
    let (triggers, Some(after)) = (change.triggers(), &change.after) else { return Ok(()) };
    if triggers.is_empty() {
        return Ok(());
    }
    let LiveConversation { conversation, .. } = &**after;
    let now = store.clock().now();
    let automations = store.triggered_automations().await?;
    let cause = change.cause.as_ref();
    let origin = cause.map_or_else(
        || ExecutionId::of_change(conversation.id, conversation.version, conversation.updated_at),
        |cause| cause.origin,
    );
    let chain = cause.map(|cause| cause.chain.clone()).unwrap_or_default();
    let executions: Vec<_> = automations
        .iter()
        .filter(|automation| triggers.contains(&automation.trigger))
        .filter(|automation| cause.is_none_or(|cause| cause.may_trigger(automation.id)))
        .filter(|automation| automation.conditions.matches(conversation, now))
        .map(|automation| {
            let id = ExecutionId::of_origin(automation.id, origin);
            let queued = Execution::queued(id, automation.id, conversation.id, automation.trigger);
            Execution { origin, chain: chain.clone(), ..queued }
        })
        .collect();
    let enqueue = |execution: Execution| async move { Ok::<_, AppError>(store.enqueue_execution(&execution).await?) };
    stream::iter(executions).map(enqueue).buffer_unordered(CONCURRENCY).try_collect().await
}
