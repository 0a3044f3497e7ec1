//! Recounts a workspace's conversations.
//!
//! A recount builds the next generation of the counters beside the current one. From its start, workers count changes in the
//! next generation only, where a conversation without a counted state is not included yet. The recount adds every
//! conversation, and then readers switch. It can run while conversations change, and continue after it was interrupted.

use deskless_domain::{AuditAction, AuditEvent, ConversationId, Timestamp, WorkspaceId};

use super::count::ConversationToCount;
use crate::{
    Operator, StoreError, TenantStore,
    condition::Condition,
    conversation::StoredConversation,
    expression::{Update, number},
    item::{self, string},
    keys::{BY_CREATION, Key, TenantKeys, conversation_of},
    workspace::{TTL_MS, WorkspaceItem, attributes},
};

/// A recount that another process has started and not finished counts as interrupted after this time: one hour.
const INTERRUPTED_AFTER_SECONDS: i64 = 60 * 60;
/// The number of conversations in one step.
const STEP: i32 = 100;

/// A recount of one workspace.
#[derive(Debug)]
pub struct Recount {
    tenant: TenantStore,
    generation: u64,
    /// From this time on, every worker counts in the new generation: the settings that a process caches have expired.
    ready_at: Timestamp,
    /// The partitions that are not read yet, and the last conversation that was read in the first one.
    partitions: Vec<String>,
    reached: Option<crate::item::Item>,
}

/// The result of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecountStep {
    /// This many more conversations were counted.
    Counted(usize),
    /// All were counted, and readers use the new counters.
    Finished,
}

impl Operator {
    /// AP-69: starts a recount of a workspace's conversations, or continues one that was interrupted.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Busy`] when another process has started one less than an hour ago.
    pub async fn start_recount(&self, id: WorkspaceId) -> Result<Recount, StoreError> {
        let store = self.store();
        let found = store.get(TenantKeys(id).workspace()).await?.ok_or(StoreError::NotFound)?;
        let workspace: WorkspaceItem = item::read(found)?;
        workspace.check_live()?;
        let now = store.clock().now();
        let settings = workspace.settings();
        if let Some(since) = workspace.recount()
            && since.plus_seconds(INTERRUPTED_AFTER_SECONDS) > now
        {
            return Err(StoreError::Busy(format!("a recount of this workspace is running since {since}")));
        }
        let generation = settings.counters.read + 1;
        let tenant = self.tenant(id, settings.shards);
        let mut update = Update::default();
        update.set(attributes::NEXT_COUNTERS, number(generation));
        update.set(attributes::RECOUNT_STARTED_AT, number(now.as_millis()));
        let started = workspace.recount_started_at.map(number);
        let condition = Condition::exists()
            .missing(attributes::DELETED_AT)
            .equals_or_missing(attributes::RECOUNT_STARTED_AT, started);
        let event = AuditEvent::new(AuditAction::WorkspaceRecounted, id);
        if !tenant.update_audited(tenant.keys().workspace(), update, condition, event).await? {
            // The response to the first attempt may have been lost.
            let found = store.get(TenantKeys(id).workspace()).await?.ok_or(StoreError::NotFound)?;
            let found: WorkspaceItem = item::read(found)?;
            if (found.next_counters, found.recount_started_at) != (Some(generation), Some(now.as_millis())) {
                return Err(StoreError::Busy("another recount of this workspace has just started".to_owned()));
            }
        }
        store.caches().workspaces.remove(&id);
        let partitions = tenant.creation_partitions().collect();
        let ready_at = Timestamp::from_millis(store.clock().now().as_millis() + TTL_MS);
        Ok(Recount { tenant, generation, ready_at, partitions, reached: None })
    }
}

impl Recount {
    /// Returns the time from which on [`Recount::step`] may be called, 20 s after the start.
    #[must_use]
    pub fn ready_at(&self) -> Timestamp {
        self.ready_at
    }

    /// Counts the next conversations, at most 100. Steps can be repeated.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn step(&mut self) -> Result<RecountStep, StoreError> {
        let Some(partition) = self.partitions.last() else {
            self.finish().await?;
            return Ok(RecountStep::Finished);
        };
        let output = self
            .tenant
            .client()
            .query()
            .table_name(self.tenant.table())
            .index_name(BY_CREATION.name)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", BY_CREATION.partition)
            .expression_attribute_values(":pk", crate::expression::text(partition))
            .limit(STEP)
            .set_exclusive_start_key(self.reached.clone())
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        let ids = output.items.unwrap_or_default();
        let ids: Vec<_> = ids.iter().filter_map(|found| string(found, "pk").and_then(conversation_of)).collect();
        let changes = self.read(&ids).await?;
        self.tenant.count_in_generation(self.generation, &changes).await?;
        // Only after they are counted, so that a step that failed can be repeated.
        self.reached = output.last_evaluated_key;
        if self.reached.is_none() {
            self.partitions.pop();
        }
        Ok(RecountStep::Counted(changes.len()))
    }

    async fn read(&self, ids: &[ConversationId]) -> Result<Vec<ConversationToCount>, StoreError> {
        let keys = ids.iter().map(|&id| self.tenant.keys().conversation(id)).collect();
        let items = self.tenant.get_all(keys, true).await?;
        let mut changes = Vec::new();
        for found in items {
            if let Some(StoredConversation { conversation, .. }) = StoredConversation::read(found)? {
                let counted = Some(conversation.counted_as());
                let (id, version, at) = (conversation.id, conversation.version, conversation.updated_at);
                changes.push(ConversationToCount { id, version, counted, at });
            }
        }
        Ok(changes)
    }

    /// Makes the new counters the current ones, and removes the old ones.
    async fn finish(&self) -> Result<(), StoreError> {
        let tenant = &self.tenant;
        let mut update = Update::default();
        update.set(attributes::COUNTERS, number(self.generation));
        update.remove(attributes::NEXT_COUNTERS);
        update.remove(attributes::RECOUNT_STARTED_AT);
        let condition = Condition::none().equals(attributes::NEXT_COUNTERS, number(self.generation));
        if !tenant.update_if(tenant.keys().workspace(), update, condition).await? {
            let found = tenant.get(tenant.keys().workspace()).await?.ok_or(StoreError::NotFound)?;
            if item::read::<WorkspaceItem>(found)?.counters != Some(self.generation) {
                return Err(StoreError::Busy("another recount of this workspace has replaced this one".to_owned()));
            }
        }
        tenant.caches().workspaces.remove(&tenant.workspace_id());
        let mut old = tenant
            .client()
            .query()
            .table_name(tenant.table())
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", crate::expression::text(tenant.keys().counters()))
            .projection_expression("pk, sk")
            .into_paginator()
            .items()
            .send();
        let current = TenantKeys::counters_in(self.generation);
        while let Some(found) = old.next().await {
            let found = found.map_err(|e| StoreError::from_sdk(&e))?;
            let Some((pk, sk)) = string(&found, "pk").zip(string(&found, "sk")) else { continue };
            // Another process may have read the settings before the switch. It finds the previous generation for a while.
            let previous = TenantKeys::counters_in(self.generation.saturating_sub(1));
            if !sk.starts_with(&current) && !sk.starts_with(&previous) {
                tenant.delete(Key { pk: pk.to_owned(), sk: sk.to_owned() }).await?;
            }
        }
        Ok(())
    }
}
