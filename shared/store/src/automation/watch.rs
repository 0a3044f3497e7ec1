//! What a change of a conversation sets off.

use std::{num::NonZeroUsize, sync::Arc};

use deskless_domain::{
    AutomationId, AutomationTrigger, Cause, ConversationFilter, Execution, ExecutionId, Kind, Shards, Timestamp,
    WorkspaceId,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use lru::LruCache;
use serde::Deserialize;

use crate::{
    ConversationChange, StoreError, TenantStore,
    backoff::Backoff,
    conversation::{CAUSE, Found, attributes},
    expression::text,
    item::{self, Item, string},
    keys::shards_of,
    transaction::{ABSENT, Transaction},
};

/// How long a process goes by the automations that it read: so long may a new one miss what happens.
const TRUSTED_FOR_MS: i64 = 30_000;
/// How many runs are queued at the same time: counters and removals wait behind them.
const SIDE_BY_SIDE: usize = 16;
/// The automations of how many workspaces a process remembers.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(200).expect("200 is not zero");

/// What has to be known of an automation to say whether it is set off.
#[derive(Debug)]
pub(crate) struct Watch {
    id: AutomationId,
    trigger: AutomationTrigger,
    conditions: ConversationFilter,
}

/// Automations that this process read, with the wall clock's time of the reading.
#[derive(Debug)]
pub(crate) struct WatchCache(LruCache<WorkspaceId, (Arc<Vec<Watch>>, Timestamp)>);

impl Default for WatchCache {
    fn default() -> Self {
        Self(LruCache::new(REMEMBERED))
    }
}

impl WatchCache {
    fn get(&mut self, workspace: WorkspaceId, now: Timestamp) -> Option<Arc<Vec<Watch>>> {
        let (watches, read_at) = self.0.get(&workspace)?;
        // An age below zero means that the clock was set back: then nothing is known about the age.
        (0..TRUSTED_FOR_MS).contains(&(now.as_millis() - read_at.as_millis())).then(|| Arc::clone(watches))
    }
}

/// What happened to a conversation that may set automations off.
#[derive(Debug)]
pub(crate) struct Happened {
    triggers: Vec<AutomationTrigger>,
    cause: Option<Cause>,
    image: Item,
}

/// The attributes that a `PATCH` writes, but for how far somebody has read. What follows from a change is none, nor is a
/// customer's new name on all of their conversations.
const UPDATED: [&str; 15] = [
    "escalated",
    "priority",
    "subject",
    "tags",
    attributes::ASSIGNEE_ID,
    attributes::ASSISTANT_ID,
    attributes::INBOX_ID,
    attributes::LARGE_METADATA,
    attributes::METADATA,
    attributes::METADATA_MARK,
    attributes::PIPELINE_ID,
    attributes::RESOLUTION,
    attributes::SNOOZED_UNTIL,
    attributes::STAGE_ID,
    attributes::STATUS,
];

impl Happened {
    /// What a record of a conversation's own item tells. A message is known by the order mark, which each one moves and
    /// nothing else does; what it changes besides is no update.
    pub fn read(before: &Item, after: &Item) -> Option<Self> {
        if after.is_empty() || after.contains_key(attributes::DELETED_AT) {
            return None;
        }
        let differs = |attribute: &str| before.get(attribute) != after.get(attribute);
        let has_message =
            after.get(attributes::MESSAGE_COUNT).and_then(|count| count.as_n().ok()).is_some_and(|n| n != "0");
        let triggers = if before.is_empty() {
            let mut triggers = vec![AutomationTrigger::ConversationCreated];
            triggers.extend(has_message.then_some(AutomationTrigger::MessageCreated));
            triggers
        } else if differs(attributes::ORDER_MARK) {
            vec![AutomationTrigger::MessageCreated]
        } else if UPDATED.into_iter().any(differs) {
            vec![AutomationTrigger::ConversationUpdated]
        } else {
            return None;
        };
        // What stays there from a change before is not the cause of this one.
        let cause = string(after, CAUSE).filter(|_| differs(CAUSE)).and_then(Cause::parse);
        Some(Self { triggers, cause, image: after.clone() })
    }

    fn may_set_off(&self, watch: &Watch) -> bool {
        self.triggers.contains(&watch.trigger) && self.cause.as_ref().is_none_or(|cause| cause.may_trigger(watch.id))
    }
}

impl ConversationChange {
    /// AP-89: lets a run of each automation that this change sets off wait for its turn, and gives how many there are. A
    /// record that comes twice makes no second run: a run's id follows from the change.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn set_off(&self) -> Result<usize, StoreError> {
        let Some(happened) = &self.happened else { return Ok(0) };
        let watches = self.tenant.watches().await?;
        let watches: Vec<_> = watches.iter().filter(|watch| happened.may_set_off(watch)).collect();
        if watches.is_empty() {
            return Ok(0);
        }
        let Some(Found { conversation, .. }) = Found::read(happened.image.clone())? else { return Ok(0) };
        let shards = string(&happened.image, attributes::STATUS_PARTITION)
            .and_then(|partition| shards_of(conversation.id, partition))
            .map_or(Shards::default(), |shards| Shards { read: shards, write: shards });
        let tenant = self.tenant.with_shards(shards);
        let now = tenant.clock().now();
        let first = || ExecutionId::of_change(conversation.id, conversation.version, conversation.updated_at);
        let origin = happened.cause.as_ref().map_or_else(first, |cause| cause.origin);
        let chain = happened.cause.as_ref().map(|cause| cause.chain.clone()).unwrap_or_default();
        let run = |watch: &Watch| {
            let id = ExecutionId::of_origin(watch.id, origin);
            let execution = Execution::queued(id, watch.id, conversation.id, watch.trigger);
            Execution { origin, chain: chain.clone(), ..execution }
        };
        let set_off: Vec<_> =
            watches.into_iter().filter(|watch| watch.conditions.matches(&conversation, now)).map(run).collect();
        let count = set_off.len();
        stream::iter(set_off)
            .map(|execution| tenant.queue(execution))
            .buffer_unordered(SIDE_BY_SIDE)
            .try_collect::<()>()
            .await?;
        Ok(count)
    }
}

/// As much of an automation's item as says when it is set off.
#[derive(Debug, Deserialize)]
struct WatchItem {
    fields: WatchFields,
}

#[derive(Debug, Deserialize)]
struct WatchFields {
    enabled: bool,
    trigger: AutomationTrigger,
    #[serde(default)]
    conditions: ConversationFilter,
}

impl TenantStore {
    async fn queue(&self, execution: Execution) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        let _ = transaction.put(self, self.execution_item(&execution)?, Some(ABSENT))?;
        // A refusal means that the record was here before, or that the origin has led here by another way.
        transaction.commit(self, &mut Backoff::new(self.clock())).await.map(drop)
    }

    /// AP-88: the enabled automations of the workspace that something can set off, at most 30 s old: one query, also where
    /// there are none.
    async fn watches(&self) -> Result<Arc<Vec<Watch>>, StoreError> {
        let now = self.clock().now();
        if let Some(remembered) = self.watch_cache().get(self.workspace_id(), now) {
            return Ok(remembered);
        }
        let mut items = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk")
            .projection_expression("sk, #format, #fields.#enabled, #fields.#trigger, #fields.#conditions")
            .expression_attribute_names("#format", "format")
            .expression_attribute_names("#fields", "fields")
            .expression_attribute_names("#enabled", "enabled")
            .expression_attribute_names("#trigger", "trigger")
            .expression_attribute_names("#conditions", "conditions")
            .expression_attribute_values(":pk", text(self.keys().collection(Kind::Automation)))
            .into_paginator()
            .items()
            .send();
        let mut watches = Vec::new();
        while let Some(found) = items.next().await {
            let found: Item = found.map_err(|e| StoreError::from_sdk(&e))?;
            let id = string(&found, "sk")
                .and_then(AutomationId::parse)
                .ok_or_else(|| StoreError::Internal("an automation's key cannot be read".to_owned()))?;
            let WatchItem { fields } = item::read(found)?;
            if fields.enabled && fields.trigger != AutomationTrigger::Manual {
                watches.push(Watch { id, trigger: fields.trigger, conditions: fields.conditions });
            }
        }
        let watches = Arc::new(watches);
        self.watch_cache().0.put(self.workspace_id(), (Arc::clone(&watches), now));
        Ok(watches)
    }
}
