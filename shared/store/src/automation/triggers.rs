use std::{num::NonZeroUsize, sync::Arc};

use deskless_domain::{AutomationId, AutomationTrigger, ConversationFilter, Kind};
use serde::Deserialize;

use crate::{
    StoreError, TenantStore,
    expression::text,
    item::{self, FORMAT_ATTRIBUTE, Item, string},
    packed::unpack,
};

/// How long a process caches automations: 30 s. A new automation may miss events for as long.
const TTL_MS: i64 = 30_000;
/// The maximum number of workspaces whose automations a process caches.
pub(crate) const CACHED: NonZeroUsize = NonZeroUsize::new(200).expect("200 is not zero");

/// The part of an automation that decides whether an event triggers it.
#[derive(Debug, Clone)]
pub struct TriggeredAutomation {
    /// The automation.
    pub id: AutomationId,
    /// The event that triggers it.
    pub trigger: AutomationTrigger,
    /// The conversations to which it applies.
    pub conditions: ConversationFilter,
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
}

impl TenantStore {
    /// AP-88: returns the enabled automations that events can trigger, at most 30 s old. Runs for each change of a
    /// conversation. A workspace without automations costs half a unit in 30 s for each process. With automations it is
    /// half a unit for each 4 KB.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn triggered_automations(&self) -> Result<Arc<Vec<TriggeredAutomation>>, StoreError> {
        let now = self.clock().now();
        if let Some(cached) = self.caches().triggers.get(&self.workspace_id(), now, TTL_MS) {
            return Ok(cached);
        }
        let mut items = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk")
            .projection_expression("sk, #format, #fields.#enabled, #fields.#trigger, #fields.#conditions")
            .expression_attribute_names("#format", FORMAT_ATTRIBUTE)
            .expression_attribute_names("#fields", "fields")
            .expression_attribute_names("#enabled", "enabled")
            .expression_attribute_names("#trigger", "trigger")
            .expression_attribute_names("#conditions", "conditions")
            .expression_attribute_values(":pk", text(self.keys().collection(Kind::Automation)))
            .into_paginator()
            .items()
            .send();
        let mut automations = Vec::new();
        while let Some(found) = items.next().await {
            let found: Item = found.map_err(|e| StoreError::from_sdk(&e))?;
            let id = string(&found, "sk")
                .and_then(unpack)
                .ok_or_else(|| StoreError::Internal("an automation's key cannot be read".to_owned()))?;
            let AutomationItem { fields } = item::read(found)?;
            if fields.enabled && fields.trigger != AutomationTrigger::Manual {
                let (trigger, conditions) = (fields.trigger, fields.conditions);
                automations.push(TriggeredAutomation { id, trigger, conditions });
            }
        }
        let automations = Arc::new(automations);
        self.caches().triggers.put(self.workspace_id(), Arc::clone(&automations), now);
        Ok(automations)
    }
}
