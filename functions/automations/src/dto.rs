//! The wire format of automations.

use deskless_api::{envelope, object_tag, wire::FilterRequest};
use deskless_app::automations::SavedAutomation;
use deskless_domain::{Automation, AutomationPosition, AutomationTrigger, ConversationFilter, KeyId, Resource, Title};
use serde::Serialize;
use utoipa::ToSchema;

use crate::action::AutomationActionObject;

object_tag!(
    /// `"automation"`
    AutomationTag = "automation"
);

/// Actions that run when an event matches the conditions, or when you trigger them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Automation)]
pub struct AutomationObject {
    object: AutomationTag,
    #[schema(format = "uuid")]
    id: String,
    #[schema(value_type = String)]
    name: Title,
    /// Whether its trigger runs it. You can run it manually either way.
    enabled: bool,
    /// `manual` automations run only when you trigger them.
    trigger: AutomationTrigger,
    /// The conversations to which the trigger applies.
    #[schema(value_type = FilterRequest)]
    conditions: ConversationFilter,
    /// The place among the automations that one event triggers. `null` is after all places.
    #[schema(required, value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    position: Option<AutomationPosition>,
    /// The actions, in order.
    #[schema(min_items = 1, max_items = 20)]
    actions: Vec<AutomationActionObject>,
    /// Whether a secret signs its webhooks.
    has_webhook_secret: bool,
    /// The API key with whose rights its trigger runs it. When you revoke this key, the automation is disabled.
    #[schema(required, value_type = Option<String>, format = "uuid")]
    api_key_id: Option<KeyId>,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    updated_at: String,
}

impl From<&Resource<Automation>> for AutomationObject {
    fn from(resource: &Resource<Automation>) -> Self {
        let Automation { name, enabled, trigger, conditions, position, actions, webhook_secret, api_key, .. } =
            &resource.fields;
        Self {
            object: AutomationTag,
            id: resource.id.to_string(),
            name: name.clone(),
            enabled: *enabled,
            trigger: *trigger,
            conditions: conditions.clone(),
            position: *position,
            actions: actions.as_slice().iter().map(AutomationActionObject::from).collect(),
            has_webhook_secret: webhook_secret.is_some(),
            api_key_id: *api_key,
            created_at: resource.created_at().to_string(),
            updated_at: resource.updated_at.to_string(),
        }
    }
}

envelope!(
    Resource<Automation> => AutomationObject, automation, automations, AutomationResponse, AutomationListResponse
);

/// A saved automation, with its webhook secret if that is new.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SavedAutomationResponse {
    automation: AutomationObject,
    /// The secret that signs its webhooks, when it is created. `null` otherwise, and in the response to a repeat.
    #[schema(required)]
    webhook_secret: Option<String>,
}

impl From<&SavedAutomation> for SavedAutomationResponse {
    fn from(SavedAutomation { automation, new_secret }: &SavedAutomation) -> Self {
        let secret = new_secret.as_ref().map(|secret| secret.reveal().to_owned());
        Self { automation: automation.into(), webhook_secret: secret }
    }
}
