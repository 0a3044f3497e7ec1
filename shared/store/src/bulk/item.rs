use deskless_domain::{
    Action, ActionFailure, BulkAction, BulkActionId, BulkFailure, BulkStatus, BulkTarget, ConversationId, KeyId,
    MessageId, Shards, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    expression::number,
    item::{self, Item, is_over, string},
    keys::bulk_action_of,
    transaction::{Slot, Transaction},
};

/// What the attribute `job` says of an item that the worker on the stream has to see: it is a bulk action with work left.
pub(super) const JOB: &str = "bulk";

/// How long an action is kept that is over, with the rows that say what it has done.
const KEPT_FOR_SECONDS: i64 = 30 * 24 * 60 * 60;

/// An action's own item.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BulkItem {
    #[serde(with = "item::as_json")]
    pub action: Action,
    #[serde(with = "item::as_json")]
    pub target: BulkTarget,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
    pub status: BulkStatus,
    pub matched: u64,
    pub exact: bool,
    pub processed: u64,
    pub failed: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<BulkFailure>,
    /// When somebody wanted it to stop: the step that is under way ends first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<i64>,
    pub version: u64,
    pub key_id: KeyId,
    pub read_shards: u8,
    pub write_shards: u8,
    pub expires_at: i64,
    /// Only while there is work left. The stream's mapping looks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Which step is due. It names the progress: a step that was taken already is not taken again.
    pub step: u64,
    /// With which conversations that step deals. It stands here before they are touched, so that a step that is taken
    /// again deals with the same ones, whatever the first attempt has changed of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<ConversationId>,
    /// From where the next plan is taken; nothing: there is no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
}

/// What is behind the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Rest {
    /// The chunks of ids from this one on, of so many.
    Chunks(u8, u8),
    /// The list, oldest activity first.
    List(Walk),
}

/// How far a walk through the list has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Walk {
    /// Behind this place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<MessageId>,
    /// How many walks there were before this one.
    pub before: u8,
    /// Whether this one has met anything new.
    pub found: bool,
}

/// The ids of a later step, where they were named.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChunkItem {
    pub ids: Vec<ConversationId>,
    pub expires_at: i64,
}

/// The action's place in the list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListingItem {
    pub expires_at: i64,
}

/// Says that a conversation was dealt with: it is there once, together with the change.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DoneItem {
    /// By which step.
    pub step: u64,
    /// Why it was not possible, if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<ActionFailure>,
    pub expires_at: i64,
}

/// When what begins now is forgotten.
pub(super) fn expiry(now: Timestamp) -> i64 {
    now.plus_seconds(KEPT_FOR_SECONDS).as_seconds()
}

impl BulkItem {
    pub fn shards(&self) -> Shards {
        Shards { read: self.read_shards, write: self.write_shards }
    }

    pub fn is_over(&self) -> bool {
        self.finished_at.is_some()
    }

    /// What is left to do falls away.
    pub fn end(&mut self, status: BulkStatus, now: Timestamp) {
        self.status = status;
        self.finished_at = Some(now.as_millis());
        (self.job, self.rest) = (None, None);
        self.plan.clear();
    }

    pub fn into_action(self, id: BulkActionId) -> BulkAction {
        let stops = self.cancelled_at.is_some() && self.finished_at.is_none();
        BulkAction {
            id,
            action: self.action,
            target: self.target,
            dry_run: self.dry_run,
            status: if stops { BulkStatus::Cancelled } else { self.status },
            matched: self.matched,
            exact: self.exact,
            processed: self.processed,
            failed: self.failed,
            failures: self.failures,
            finished_at: self.finished_at.map(Timestamp::from_millis),
            version: self.version,
        }
    }
}

/// Reads an action's item with its id; one past its time is none.
pub(super) fn read(found: Item, now: Timestamp) -> Result<Option<(BulkActionId, BulkItem)>, StoreError> {
    if is_over(&found, now) {
        return Ok(None);
    }
    let unreadable = || StoreError::Internal("a bulk action's key cannot be read".to_owned());
    let id = string(&found, "pk").and_then(bulk_action_of).ok_or_else(unreadable)?;
    Ok(Some((id, item::read(found)?)))
}

impl TenantStore {
    pub(super) async fn bulk_item(&self, id: BulkActionId) -> Result<Option<BulkItem>, StoreError> {
        let Some(found) = self.get(self.keys().bulk_action(id)).await? else { return Ok(None) };
        Ok(read(found, self.clock().now())?.map(|(_, item)| item))
    }

    /// Adds the next version of an action's item, which is put if nobody was faster.
    pub(super) fn put_bulk_item(
        &self,
        transaction: &mut Transaction,
        id: BulkActionId,
        next: &mut BulkItem,
    ) -> Result<Slot, StoreError> {
        let before = Item::from([(":before".to_owned(), number(next.version))]);
        next.version += 1;
        let row = item::write(self.keys().bulk_action(id), next)?;
        transaction.put_with(self, row, Some("version = :before"), before)
    }
}
