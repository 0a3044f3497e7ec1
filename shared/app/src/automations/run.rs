use deskless_domain::{
    Automation, AutomationId, AutomationTrigger, ConversationId, Execution, ExecutionId, KeyId, Metadata,
    authorization::may_automate,
};
use deskless_store::{IdempotencyKey, Once, StoreError, TenantStore};

use crate::{AppError, keys::usable_key};

/// A command to run an automation on a conversation.
#[derive(Debug, Clone)]
pub struct RunAutomation {
    /// The automation.
    pub automation: AutomationId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The data for its webhooks.
    pub context: Metadata,
    /// The caller's key, with whose rights it runs.
    pub caller: KeyId,
}

/// AP-85: Queues an execution of an automation, ignoring its trigger, its conditions and `enabled`. The jobs worker takes its
/// steps.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::Denied`]; [`AppError::Invalid`] when there is no such conversation;
/// [`AppError::IdempotencyKeyReused`].
pub async fn run(
    store: &TenantStore,
    command: RunAutomation,
    key: Option<&IdempotencyKey>,
) -> Result<Once<Execution>, AppError> {
    let RunAutomation { automation: id, conversation, context, caller } = command;
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
    let now = store.clock().now();
    may_automate(&usable_key(store, caller).await?, &automation.fields.actions, now)?;
    let queued = Execution::queued(ExecutionId::generate(store.clock()), id, conversation, AutomationTrigger::Manual);
    Ok(store.create_execution(Execution { context, api_key: Some(caller), ..queued }, key).await?)
}
