use std::{num::NonZeroUsize, sync::Arc};

use deskless_domain::{AutomationId, AutomationPosition, AutomationTrigger, ConversationFilter, Kind, TriggerRule};
use serde::Deserialize;

use crate::{
    StoreError, TenantStore,
    condition::Condition,
    event_log::{AUTOMATIONS, Stamp},
    expression::{Update, text},
    item::{self, FORMAT_ATTRIBUTE, Item, string},
    packed::unpack,
    transaction::Transaction,
};

/// How long a process caches automations: one hour. Each use compares their stamp with the stored one.
const TTL_MS: i64 = 60 * 60 * 1000;
/// The maximum number of workspaces whose automations a process caches.
pub(crate) const CACHED: NonZeroUsize = NonZeroUsize::new(200).expect("200 is not zero");
/// The part of an automation that decides whether an event triggers it.
#[derive(Debug, Clone)]
pub struct TriggeredAutomation {
    /// The id.
    pub id: AutomationId,
    /// The place among the automations of one event.
    pub position: Option<AutomationPosition>,
    /// The rules, newest first. The rule that applied when an event happened decides.
    pub rules: Vec<TriggerRule>,
}

/// The automations of a workspace that events can trigger, in the order in which they run.
#[derive(Debug, Default)]
pub struct TriggeredAutomations {
    automations: Vec<TriggeredAutomation>,
    stamp: i64,
}

impl TriggeredAutomations {
    /// Returns the automations in the order in which they run: by position, then by creation.
    pub fn iter(&self) -> impl Iterator<Item = &TriggeredAutomation> {
        self.automations.iter()
    }
}

/// The attributes of an automation's item that are needed here.
#[derive(Debug, Deserialize)]
struct AutomationItem {
    fields: AutomationFields,
}

#[derive(Debug, Deserialize)]
struct AutomationFields {
    enabled: bool,
    trigger: AutomationTrigger,
    #[serde(default)]
    conditions: ConversationFilter,
    #[serde(default)]
    since: i64,
    #[serde(default)]
    earlier: Vec<TriggerRule>,
    #[serde(default)]
    position: Option<AutomationPosition>,
}

impl TenantStore {
    /// Adds a change of the stamp to the transaction of an automation: processes compare it with their cached automations.
    pub(crate) fn add_stamp(&self, transaction: &mut Transaction, kind: Kind) -> Result<(), StoreError> {
        if kind == Kind::Automation {
            let mut update = Update::default();
            update.set(FORMAT_ATTRIBUTE, crate::expression::number(item::FORMAT));
            update.add(AUTOMATIONS, 1);
            transaction.update(self, self.keys().automations_stamp(), update, Condition::none())?;
        }
        Ok(())
    }

    /// AP-88: returns the automations that events can trigger. Runs once for each batch of changes. Includes every automation
    /// whose save has committed before the stamp was read: the automations are read again if it has changed, one unit for each 4 KB.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn triggered_automations(&self, stamp: &Stamp) -> Result<Arc<TriggeredAutomations>, StoreError> {
        let now = self.clock().now();
        let stamp = stamp.automations;
        if let Some(cached) = self.caches().triggers.get(&self.workspace_id(), now, TTL_MS)
            && cached.stamp == stamp
        {
            return Ok(cached);
        }
        let automations = self.read_triggered_automations().await?;
        let automations = Arc::new(TriggeredAutomations { automations, stamp });
        self.caches().triggers.put(self.workspace_id(), Arc::clone(&automations), now);
        Ok(automations)
    }

    async fn read_triggered_automations(&self) -> Result<Vec<TriggeredAutomation>, StoreError> {
        let mut request = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(self.keys().collection(Kind::Automation)))
            .expression_attribute_names("#format", FORMAT_ATTRIBUTE)
            .expression_attribute_names("#fields", "fields")
            // After the stamp: the automations are at least as new.
            .consistent_read(true);
        let mut projection = "sk, #format".to_owned();
        for field in ["enabled", "trigger", "conditions", "since", "earlier", "position"] {
            request = request.expression_attribute_names(format!("#{field}"), field);
            projection = format!("{projection}, #fields.#{field}");
        }
        let mut items = request.projection_expression(projection).into_paginator().items().send();
        let mut automations = Vec::new();
        while let Some(found) = items.next().await {
            let found: Item = found.map_err(|e| StoreError::from_sdk(&e))?;
            let id = string(&found, "sk")
                .and_then(unpack)
                .ok_or_else(|| StoreError::Internal("an automation's key cannot be read".to_owned()))?;
            let AutomationItem { fields } = item::read(found)?;
            let AutomationFields { enabled, trigger, conditions, since, earlier, position } = fields;
            let mut rules = vec![TriggerRule { enabled, trigger, conditions, since }];
            rules.extend(earlier);
            if rules.iter().any(TriggerRule::is_active) {
                automations.push(TriggeredAutomation { id, position, rules });
            }
        }
        automations.sort_by_key(|automation| (automation.position.is_none(), automation.position, automation.id));
        Ok(automations)
    }
}
