use deskless_domain::{
    Action, ActionFailure, BulkAction, BulkActionId, BulkFailure, BulkJob, BulkRest, BulkStatus, BulkTarget,
    ConversationId, KeyId, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError,
    item::{self, Item, is_expired, string},
    keys::bulk_action_of,
};

/// The value of the attribute `job` on a bulk action with work left. The stream's filter matches items with this attribute.
const JOB: &str = "bulk";

/// How long a bulk action and its markers are stored: 30 days.
const TTL_SECONDS: i64 = 30 * 24 * 60 * 60;

/// A bulk action's own item.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BulkItem {
    #[serde(with = "item::as_json")]
    action: Action,
    #[serde(with = "item::as_json")]
    target: BulkTarget,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
    status: BulkStatus,
    matched: u64,
    exact: bool,
    processed: u64,
    failed: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    failures: Vec<BulkFailure>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cancelled_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished_at: Option<i64>,
    #[serde(rename = "v")]
    version: u64,
    key_id: KeyId,
    expires_at: i64,
    /// Set while there is work left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    job: Option<String>,
    step: u64,
    /// The conversations of the due step: written before any of them is changed, so that a repeated step processes the same
    /// ones. A KB holds 27 ids.
    #[serde(default, rename = "plan", skip_serializing_if = "Vec::is_empty")]
    batch: Vec<ConversationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rest: Option<BulkRest>,
}

/// A chunk of the ids for later batches.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChunkItem {
    pub ids: Vec<ConversationId>,
    pub expires_at: i64,
}

/// A bulk action's entry in the list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListingItem {
    pub expires_at: i64,
}

/// The marker that a bulk action has processed a conversation.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BulkMarkerItem {
    /// The step of the bulk action.
    pub step: u64,
    /// Why the action failed; `None` if it succeeded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<ActionFailure>,
    pub expires_at: i64,
}

/// Returns when a bulk action expires, in seconds since 1970.
pub(super) fn expires_at(id: BulkActionId) -> i64 {
    id.time().plus_seconds(TTL_SECONDS).as_seconds()
}

/// Returns the item of a job.
pub(super) fn write(key: crate::keys::Key, job: &BulkJob) -> Result<Item, StoreError> {
    let BulkJob { action, key: key_id, step, batch, rest, cancelled_at } = job.clone();
    let attributes = BulkItem {
        action: action.action,
        target: action.target,
        dry_run: action.dry_run,
        status: action.status,
        matched: action.matched,
        exact: action.exact,
        processed: action.processed,
        failed: action.failed,
        failures: action.failures,
        cancelled_at: cancelled_at.map(Timestamp::as_millis),
        finished_at: action.finished_at.map(Timestamp::as_millis),
        version: action.version,
        key_id,
        expires_at: expires_at(action.id),
        job: action.finished_at.is_none().then(|| JOB.to_owned()),
        step,
        batch,
        rest,
    };
    item::write(key, &attributes)
}

/// Converts a job's item. Returns `None` for a job that has expired.
pub(crate) fn read(found: Item, now: Timestamp) -> Result<Option<BulkJob>, StoreError> {
    if is_expired(&found, now) {
        return Ok(None);
    }
    let unreadable = || StoreError::Internal("a bulk action's key cannot be read".to_owned());
    let id = string(&found, "pk").and_then(bulk_action_of).ok_or_else(unreadable)?;
    let item: BulkItem = item::read(found)?;
    Ok(Some(BulkJob {
        action: BulkAction {
            id,
            action: item.action,
            target: item.target,
            dry_run: item.dry_run,
            status: item.status,
            matched: item.matched,
            exact: item.exact,
            processed: item.processed,
            failed: item.failed,
            failures: item.failures,
            finished_at: item.finished_at.map(Timestamp::from_millis),
            version: item.version,
        },
        key: item.key_id,
        step: item.step,
        batch: item.batch,
        rest: item.rest,
        cancelled_at: item.cancelled_at.map(Timestamp::from_millis),
    }))
}
