//! What automations look like on the wire.

use deskless_api::{envelope, object_tag, wire::FilterRequest};
use deskless_domain::{Automation, AutomationTrigger, ConversationFilter, Resource, Title, WebhookSecret};
use serde::Serialize;
use utoipa::ToSchema;

use crate::action::AutomationActionObject;

object_tag!(
    /// `"automation"`
    AutomationTag = "automation"
);

/// What is done by itself when something happens, or when somebody says so.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Automation)]
pub struct AutomationObject {
    object: AutomationTag,
    #[schema(format = "uuid")]
    id: String,
    #[schema(value_type = String)]
    name: Title,
    /// Whether its trigger sets it off. It can be run by hand either way.
    enabled: bool,
    /// What sets it off. `manual`: nothing but a call of its own.
    trigger: AutomationTrigger,
    /// With which conversations its trigger sets it off: filters as the list of conversations takes them; all must hold.
    #[schema(value_type = FilterRequest)]
    conditions: ConversationFilter,
    /// What is done, in this order.
    #[schema(min_items = 1, max_items = 20)]
    actions: Vec<AutomationActionObject>,
    /// Whether there is a secret with which its webhooks are signed: while an action calls one.
    has_webhook_secret: bool,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    updated_at: String,
}

impl From<&Resource<Automation>> for AutomationObject {
    fn from(resource: &Resource<Automation>) -> Self {
        let Automation { name, enabled, trigger, conditions, actions, webhook_secret } = &resource.fields;
        Self {
            object: AutomationTag,
            id: resource.id.to_string(),
            name: name.clone(),
            enabled: *enabled,
            trigger: *trigger,
            conditions: conditions.clone(),
            actions: actions.as_slice().iter().map(AutomationActionObject::from).collect(),
            has_webhook_secret: webhook_secret.is_some(),
            created_at: resource.created_at().to_string(),
            updated_at: resource.updated_at.to_string(),
        }
    }
}

envelope!(
    Resource<Automation> => AutomationObject, automation, automations, AutomationResponse, AutomationListResponse
);

/// An automation that was saved, with the secret of its webhooks if that is new.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SavedAutomationResponse {
    automation: AutomationObject,
    /// What its webhooks are signed with: `whsec_` and a key in base64, as the libraries of Standard Webhooks take it. It is shown
    /// when it is made and never again: null otherwise, and in the answer to a repeat.
    #[schema(required)]
    webhook_secret: Option<String>,
}

impl SavedAutomationResponse {
    /// With the secret that was made just now, if one was.
    pub fn new(resource: &Resource<Automation>, made: Option<&WebhookSecret>) -> Self {
        Self { automation: resource.into(), webhook_secret: made.map(|secret| secret.reveal().to_owned()) }
    }
}
