use deskless_domain::{
    Automation, AutomationId, AutomationTrigger, ConversationId, Execution, ExecutionId, Metadata, Scope, may_automate,
};
use deskless_store::{IdempotencyKey, Once, StoreError, TenantStore};

use crate::AppError;

/// A command to run an automation on a conversation.
#[derive(Debug, Clone)]
pub struct RunAutomation {
    /// The automation.
    pub automation: AutomationId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The data for its webhooks.
    pub context: Metadata,
    /// The scopes of the caller's key.
    pub scopes: Vec<Scope>,
}

/// AP-85: Queues an execution of an automation, ignoring its trigger, its conditions and `enabled`. The jobs worker takes its
/// steps.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::MissingScope`]; [`AppError::Invalid`] when there is no such conversation;
/// [`AppError::IdempotencyKeyReused`].
pub async fn run(
    store: &TenantStore,
    command: RunAutomation,
    key: Option<&IdempotencyKey>,
) -> Result<Once<Execution>, AppError> {
    let RunAutomation { automation: id, conversation, context, scopes } = command;
    let key = key.map(|key| key.of_conversation(conversation));
    let key = key.as_ref();
    let automation = match store.get_resource::<Automation>(id).await {
        Ok(automation) => automation,
        // A repeat gets the first outcome even if the automation was deleted since.
        Err(StoreError::NotFound) => {
            return store.replay(key).await?.map(Once::replay).ok_or(AppError::NotFound);
        }
        Err(error) => return Err(error.into()),
    };
    may_automate(&scopes, &automation.fields.actions)?;
    let queued = Execution::queued(ExecutionId::generate(store.clock()), id, conversation, AutomationTrigger::Manual);
    Ok(store.create_execution(Execution { context, ..queued }, key).await?)
}
