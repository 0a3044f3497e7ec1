use deskless_domain::{
    AutomationId, AutomationTrigger, ConversationId, Execution, ExecutionId, ExecutionStatus, Metadata, Reason, Step,
    Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    item::{self, Item, string},
    keys::execution_of,
};

/// How long a run is kept: 30 days.
const KEPT_FOR_SECONDS: i64 = 30 * 24 * 60 * 60;

/// What a run is to the worker that does jobs.
/// Where its item says over how many index partitions conversations are spread.
pub(crate) const SHARDS: &str = "shards";

const JOB: &str = "execution";

/// A run, as it is stored. Its id and its automation's are in its key.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionItem {
    conversation_id: ConversationId,
    trigger: AutomationTrigger,
    /// JSON text, as metadata is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    context: Option<String>,
    /// Where that is not the run itself.
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
    version: u64,
    /// Over how many index partitions conversations are spread: whoever takes the run's steps holds no key that says so.
    shards: u8,
    /// Only while there is work left: the stream's records of such items are handed to the worker that does jobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    job: Option<String>,
    expires_at: i64,
}

impl TenantStore {
    pub(crate) fn execution_item(&self, execution: &Execution) -> Result<Item, StoreError> {
        let attributes = ExecutionItem {
            conversation_id: execution.conversation_id,
            trigger: execution.trigger,
            context: (!execution.context.is_empty()).then(|| execution.context.json().to_owned()),
            origin: (execution.origin != execution.id).then_some(execution.origin),
            chain: execution.chain.clone(),
            status: execution.status,
            reason: execution.reason.clone(),
            steps: execution.steps.clone(),
            fingerprint: execution.fingerprint.clone(),
            started_at: execution.started_at.map(Timestamp::as_millis),
            finished_at: execution.finished_at.map(Timestamp::as_millis),
            version: execution.version,
            shards: self.shards().write,
            job: (!execution.is_over()).then(|| JOB.to_owned()),
            expires_at: execution.created_at().plus_seconds(KEPT_FOR_SECONDS).as_seconds(),
        };
        item::write(self.keys().execution(execution.automation_id, execution.id), &attributes)
    }
}

pub(super) fn read(found: Item) -> Result<Execution, StoreError> {
    let (automation_id, id) = ids_of(&found)?;
    let attributes: ExecutionItem = item::read(found)?;
    let context = attributes.context.as_deref().map(Metadata::from_json).transpose();
    let context = context.map_err(|e| StoreError::Internal(format!("a run's context cannot be read: {e}")))?;
    Ok(Execution {
        id,
        automation_id,
        conversation_id: attributes.conversation_id,
        trigger: attributes.trigger,
        context: context.unwrap_or_default(),
        origin: attributes.origin.unwrap_or(id),
        chain: attributes.chain,
        status: attributes.status,
        reason: attributes.reason,
        steps: attributes.steps,
        fingerprint: attributes.fingerprint,
        started_at: attributes.started_at.map(Timestamp::from_millis),
        finished_at: attributes.finished_at.map(Timestamp::from_millis),
        version: attributes.version,
    })
}

pub(super) fn ids_of(item: &Item) -> Result<(AutomationId, ExecutionId), StoreError> {
    let key = string(item, "pk").zip(string(item, "sk"));
    let (_, automation, id) = key
        .and_then(|(pk, sk)| execution_of(pk, sk))
        .ok_or_else(|| StoreError::Internal("a run's key cannot be read".to_owned()))?;
    Ok((automation, id))
}
