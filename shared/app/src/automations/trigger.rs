use std::sync::Arc;

use deskless_domain::{ConversationChange, Execution, ExecutionId, LiveConversation, TriggerRule};
use deskless_store::{Stamp, TenantStore, TriggeredAutomations};

use crate::AppError;

/// AP-88: Returns the automations of a workspace that events can trigger, once for each batch of changes.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn load(store: &TenantStore, stamp: &Stamp) -> Result<Arc<TriggeredAutomations>, AppError> {
    Ok(store.triggered_automations(stamp).await?)
}

/// AP-89: Queues an execution of each automation that a change of a conversation triggers. The rule that an automation had at the
/// time of the change decides: an automation acts on all changes after it was saved, and on none before. A message is recognized by
/// the conversation's order mark, so records of messages are not read. The id of an execution is derived from its automation and its
/// origin, the conversation and its version, so a repeated record creates no second execution.
///
/// The executions run one after another, in the order of the automations, so each one sees what the earlier ones did.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn trigger(
    store: &TenantStore,
    change: &ConversationChange,
    automations: &TriggeredAutomations,
) -> Result<(), AppError> {
    let (triggers, Some(after)) = (change.triggers(), &change.after) else { return Ok(()) };
    if triggers.is_empty() {
        return Ok(());
    }
    let LiveConversation { conversation, .. } = &**after;
    let now = store.clock().now();
    let cause = change.cause.as_ref();
    let origin = cause.map_or_else(
        || ExecutionId::of_change(conversation.id, conversation.version, conversation.updated_at),
        |cause| cause.origin,
    );
    let chain = cause.map(|cause| cause.chain.clone()).unwrap_or_default();
    let executions: Vec<_> = automations
        .iter()
        .filter_map(|automation| {
            let rule = TriggerRule::at(&automation.rules, conversation.updated_at)?;
            let applies = rule.is_active()
                && triggers.contains(&rule.trigger)
                && cause.is_none_or(|cause| cause.may_trigger(automation.id))
                && rule.conditions.matches(conversation, now);
            applies.then(|| {
                let id = ExecutionId::of_origin(automation.id, origin);
                let queued = Execution::queued(id, automation.id, conversation.id, rule.trigger);
                Execution { origin, chain: chain.clone(), ..queued }
            })
        })
        .collect();
    Ok(store.enqueue_executions(executions).await?)
}
