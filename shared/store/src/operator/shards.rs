//! The number of a workspace's index partitions.

use deskless_domain::{AuditAction, AuditEvent, Shards, Timestamp, WorkspaceId};

use super::Operator;
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number},
    item,
    keys::TenantKeys,
    workspace::{TTL_MS, WorkspaceItem, attributes},
};

/// A change of the number of shards whose first half is done: all partitions are read.
#[derive(Debug)]
pub struct ShardChange {
    tenant: TenantStore,
    write: u8,
    /// The stored number of partitions that are written to.
    stored: Option<u8>,
    /// The shards before the change.
    pub before: Shards,
    /// The shards after the change. `read` never falls, because conversations stay on their partitions.
    pub after: Shards,
    /// The time from which on [`ShardChange::finish`] may be called: every process reads the new partitions.
    pub ready_at: Timestamp,
}

impl Operator {
    /// AP-79: starts to change the number of shards: makes every process read the new partitions. The caller waits until
    /// [`ShardChange::ready_at`], and then lets them write, with [`ShardChange::finish`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Busy`] when the number is not 1 to 64, or another change is made at the same
    /// time.
    pub async fn start_shard_change(&self, id: WorkspaceId, count: u8) -> Result<ShardChange, StoreError> {
        if !Shards::allows(count) {
            return Err(StoreError::Busy(format!("the number of shards must be 1 to {}", Shards::MAX)));
        }
        let store = self.store();
        let found = store.get(TenantKeys(id).workspace()).await?.ok_or(StoreError::NotFound)?;
        let workspace: WorkspaceItem = item::read(found)?;
        workspace.check_live()?;
        let before = workspace.settings().shards;
        let after = Shards { read: before.read.max(count), write: count };
        let tenant = self.tenant(id, before);
        let mut update = Update::default();
        update.set(attributes::READ_SHARDS, number(after.read));
        let condition = Condition::exists()
            .missing(attributes::DELETED_AT)
            .equals_or_missing(attributes::READ_SHARDS, workspace.read_shards.map(number))
            .equals_or_missing(attributes::WRITE_SHARDS, workspace.write_shards.map(number));
        if !tenant.update_if(tenant.keys().workspace(), update, condition).await? {
            return Err(StoreError::Busy("the number of shards is being changed by another command".to_owned()));
        }
        store.caches().workspaces.remove(&id);
        // Also if all partitions are read already: a command that was interrupted may have started that just now.
        let ready_at = Timestamp::from_millis(store.clock().now().as_millis() + TTL_MS);
        Ok(ShardChange { tenant, stored: workspace.write_shards, write: count, before, after, ready_at })
    }
}

impl ShardChange {
    /// AP-79: lets every process write to the new partitions, within 20 s.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another change was made meanwhile.
    pub async fn finish(&self) -> Result<(), StoreError> {
        let tenant = &self.tenant;
        let mut update = Update::default();
        update.set(attributes::WRITE_SHARDS, number(self.write));
        let condition = Condition::none()
            .equals(attributes::READ_SHARDS, number(self.after.read))
            .equals_or_missing(attributes::WRITE_SHARDS, self.stored.map(number));
        let event = AuditEvent::new(AuditAction::WorkspaceUpdated, tenant.workspace_id());
        let event = event.with_fields(vec!["shards".to_owned()]);
        if !tenant.update_audited(tenant.keys().workspace(), update, condition, event).await? {
            return Err(StoreError::Busy("the number of shards was changed by another command meanwhile".to_owned()));
        }
        tenant.caches().workspaces.remove(&tenant.workspace_id());
        Ok(())
    }
}
