//! Deletes a workspace with everything in it.

use deskless_domain::{AuditAction, AuditEvent, Timestamp, WorkspaceId};

use super::Operator;
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, text},
    item::{self, string},
    keys::{TenantKeys, content_of_pk, file_of_pk, root},
    transaction::Transaction,
    workspace::{TTL_MS, WorkspaceItem, attributes},
};

/// How long a worker may still write after it has read the settings: its timeout of two minutes.
pub(crate) const LONGEST_RUN_SECONDS: i64 = 120;

/// A deletion of a workspace that has started: its API keys stop working within 20 s.
#[derive(Debug)]
pub struct WorkspaceDeletion {
    tenant: TenantStore,
    /// The display name.
    pub name: String,
    /// The time from which on [`WorkspaceDeletion::remove_items`] may be called: no process writes to the workspace.
    pub ready_at: Timestamp,
}

impl Operator {
    /// Starts to delete a workspace, or continues a deletion that was interrupted.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn start_deletion(&self, id: WorkspaceId) -> Result<WorkspaceDeletion, StoreError> {
        let store = self.store();
        let found = store.get(TenantKeys(id).workspace()).await?.ok_or(StoreError::NotFound)?;
        let workspace: WorkspaceItem = item::read(found)?;
        let tenant = self.tenant(id, workspace.settings().shards);
        let now = store.clock().now();
        let mut update = Update::default();
        update.set_if_empty(attributes::DELETED_AT, number(now.as_millis()));
        let event = AuditEvent::new(AuditAction::WorkspaceDeleted, id);
        tenant.update_audited(tenant.keys().workspace(), update, Condition::exists(), event).await?;
        store.caches().workspaces.remove(&id);
        let started = workspace.deleted_at.map_or(now, Timestamp::from_millis);
        let ready_at = Timestamp::from_millis(started.as_millis() + TTL_MS).plus_seconds(LONGEST_RUN_SECONDS);
        Ok(WorkspaceDeletion { tenant, name: workspace.name.to_string(), ready_at })
    }
}

impl WorkspaceDeletion {
    /// Removes all items of the workspace but its own, and the objects of its files and long messages. Scans the whole table. Returns the number
    /// of removed items. Call it until it returns 0, because the last requests may still be writing, and then call
    /// [`WorkspaceDeletion::finish`].
    ///
    /// # Errors
    /// When the table or the bucket does not respond. The deletion can be repeated.
    pub async fn remove_items(&self) -> Result<u64, StoreError> {
        let tenant = &self.tenant;
        let own = tenant.keys().workspace();
        let mut pages = tenant
            .client()
            .scan()
            .table_name(tenant.table())
            .filter_expression("pk = :own OR begins_with(pk, :under) OR workspaceId = :id")
            .expression_attribute_values(":own", text(&own.pk))
            .expression_attribute_values(":under", text(format!("{}#", own.pk)))
            .expression_attribute_values(":id", text(tenant.workspace_id()))
            .projection_expression("pk, sk")
            .consistent_read(true)
            .into_paginator()
            .send();
        let mut removed = 0;
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| StoreError::from_sdk(&e))?;
            let mut keys = page.items.unwrap_or_default();
            keys.retain(|key| string(key, "pk") != Some(own.pk.as_str()) || string(key, "sk") != Some(own.sk.as_str()));
            for key in &keys {
                if let Some(file) = string(key, "pk").and_then(file_of_pk) {
                    tokio::try_join!(tenant.delete_upload(file), tenant.delete_object(file))?;
                }
                if let Some(content) = string(key, "pk").and_then(content_of_pk) {
                    tenant.erase_content(content).await?;
                }
            }
            removed += keys.len() as u64;
            tenant.delete_all(keys).await?;
        }
        Ok(removed)
    }

    /// Removes the workspace's own item and its entry in the list.
    ///
    /// # Errors
    /// When the table does not respond. The deletion can be repeated.
    pub async fn finish(&self) -> Result<(), StoreError> {
        let tenant = &self.tenant;
        let mut transaction = Transaction::default();
        for key in [root::workspace_listing(tenant.workspace_id()), tenant.keys().workspace()] {
            transaction.delete(tenant, key, Condition::none())?;
        }
        transaction.commit(tenant, &mut tenant.backoff()).await.map(drop)
    }
}
