use deskless_domain::{
    AutomationId, AutomationTrigger, ConversationId, Execution, ExecutionId, ExecutionStatus, KeyId, Metadata, Reason,
    Step, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    item::{self, Item, string},
    keys::execution_of,
};

/// How long an execution is stored: 30 days.
const TTL_SECONDS: i64 = 30 * 24 * 60 * 60;

/// The value of the attribute `job` on an execution with work left. The stream's filter matches items with this attribute.
pub(super) const JOB: &str = "execution";

/// An execution's item. The ids of the execution and its automation are in the key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionItem {
    conversation_id: ConversationId,
    trigger: AutomationTrigger,
    /// JSON text, like metadata.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    /// `None` unless it was run manually.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    api_key: Option<KeyId>,
    /// `None` if the execution is its own origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<ExecutionId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    chain: Vec<AutomationId>,
    status: ExecutionStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    steps: Vec<Step>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished_at: Option<i64>,
    #[serde(rename = "v")]
    version: u64,
    /// The automation that runs after this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<AutomationId>,
    /// Set while there are steps to take, unless it waits for an earlier automation of the same event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    job: Option<String>,
    expires_at: i64,
}

impl TenantStore {
    /// Returns the item of an execution.
    pub(crate) fn execution_item(&self, execution: &Execution) -> Result<Item, StoreError> {
        let attributes = ExecutionItem {
            conversation_id: execution.conversation_id,
            trigger: execution.trigger,
            context: (!execution.context.is_empty()).then(|| execution.context.json().to_owned()),
            api_key: execution.api_key,
            origin: (execution.origin != execution.id).then_some(execution.origin),
            chain: execution.chain.clone(),
            status: execution.status,
            reason: execution.reason.clone(),
            steps: execution.steps.clone(),
            fingerprint: execution.fingerprint.clone(),
            started_at: execution.started_at.map(Timestamp::as_millis),
            finished_at: execution.finished_at.map(Timestamp::as_millis),
            version: execution.version,
            next: execution.next,
            job: (execution.has_steps_left() && !execution.waits).then(|| JOB.to_owned()),
            expires_at: execution.created_at().plus_seconds(TTL_SECONDS).as_seconds(),
        };
        item::write(self.keys().execution(execution.automation_id, execution.id), &attributes)
    }
}

/// Converts an execution's item.
pub(crate) fn read(found: Item) -> Result<Execution, StoreError> {
    let (automation_id, id) = ids_of(&found)?;
    let attributes: ExecutionItem = item::read(found)?;
    let context = attributes.context.as_deref().map(Metadata::from_json).transpose();
    let context = context.map_err(|e| StoreError::Internal(format!("an execution's context cannot be read: {e}")))?;
    Ok(Execution {
        id,
        automation_id,
        conversation_id: attributes.conversation_id,
        trigger: attributes.trigger,
        context: context.unwrap_or_default(),
        api_key: attributes.api_key,
        origin: attributes.origin.unwrap_or(id),
        chain: attributes.chain,
        status: attributes.status,
        reason: attributes.reason,
        steps: attributes.steps,
        fingerprint: attributes.fingerprint,
        started_at: attributes.started_at.map(Timestamp::from_millis),
        finished_at: attributes.finished_at.map(Timestamp::from_millis),
        version: attributes.version,
        waits: attributes.job.is_none() && attributes.status == ExecutionStatus::Queued,
        next: attributes.next,
    })
}

/// Parses the key of an execution's item.
pub(super) fn ids_of(item: &Item) -> Result<(AutomationId, ExecutionId), StoreError> {
    let key = string(item, "pk").zip(string(item, "sk"));
    let (_, automation, id) = key
        .and_then(|(pk, sk)| execution_of(pk, sk))
        .ok_or_else(|| StoreError::Internal("an execution's key cannot be read".to_owned()))?;
    Ok((automation, id))
}
