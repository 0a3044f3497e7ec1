use deskless_domain::{ConversationChange, Execution, ExecutionId, LiveConversation};
use deskless_store::TenantStore;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::AppError;

/// How many runs are created at the same time.
const SIDE_BY_SIDE: usize = 16;

/// Creates a run of each automation that a change triggers. An event that is delivered twice creates no second run: a run's id
/// follows from its origin and its automation.
///
/// # Errors
/// When the table does not answer.
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
    let runs: Vec<_> = automations
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
    let enqueue = |run: Execution| async move { Ok::<_, AppError>(store.enqueue_execution(&run).await?) };
    stream::iter(runs).map(enqueue).buffer_unordered(SIDE_BY_SIDE).try_collect().await
}
