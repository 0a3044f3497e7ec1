//! The wire format of an automation's actions: those of bulk actions, and three that only automations have.

use deserr::{Deserr, IntoValue, Value, ValueKind, ValuePointerRef};
use deskless_api::{
    InvalidRequest, Json,
    openapi::flat,
    wire::{ActionObject, ActionRequest},
};
use deskless_domain::{AutomationAction, Invalid, MessageBody, PredefinedMessageId, WebhookUrl};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// An action that only automations have.
#[derive(Debug, Clone, Deserr, Serialize, ToSchema)]
#[deserr(error = InvalidRequest, tag = "action", deny_unknown_fields)]
#[serde(tag = "action", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum AutomationOnlyActionObject {
    /// Sends a predefined message as a reply with the role `assistant`.
    #[deserr(rename = "reply", rename_all = camelCase)]
    #[schema(rename_all = "camelCase")]
    Reply {
        /// Its variables are filled in when the action runs.
        predefined_message_id: PredefinedMessageId,
    },
    /// Adds an internal note.
    #[deserr(rename = "note", rename_all = camelCase)]
    #[schema(rename_all = "camelCase")]
    Note {
        /// The text.
        body: MessageBody,
    },
    /// Sends a POST request to your server, signed as in Standard Webhooks. A response other than a 2xx is a failure.
    #[deserr(rename = "call_webhook", rename_all = camelCase)]
    #[schema(rename_all = "camelCase")]
    CallWebhook {
        /// Redirects are not followed.
        url: WebhookUrl,
    },
}

/// The values of `action` that only automations have.
const AUTOMATION_ONLY: [&str; 3] = ["reply", "note", "call_webhook"];

/// An action of an automation.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum AutomationActionObject {
    /// An action that bulk actions have too.
    Shared(ActionObject),
    /// An action that only automations have.
    AutomationOnly(AutomationOnlyActionObject),
}

impl PartialSchema for AutomationActionObject {
    fn schema() -> RefOr<Schema> {
        let mut actions = ActionObject::variants();
        if let RefOr::T(Schema::OneOf(own)) = AutomationOnlyActionObject::schema() {
            actions.extend(own.items);
        }
        Schema::from(flat("action", "An action of an automation. Its fields depend on `action`.", actions)).into()
    }
}

impl ToSchema for AutomationActionObject {
    fn name() -> std::borrow::Cow<'static, str> {
        "AutomationAction".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ActionObject::schemas(schemas);
        AutomationOnlyActionObject::schemas(schemas);
    }
}

impl From<&AutomationAction> for AutomationActionObject {
    fn from(action: &AutomationAction) -> Self {
        match action {
            AutomationAction::Act(action) => Self::Shared(action.into()),
            AutomationAction::Reply(predefined_message_id) => Self::AutomationOnly(AutomationOnlyActionObject::Reply {
                predefined_message_id: *predefined_message_id,
            }),
            AutomationAction::Note(body) => {
                Self::AutomationOnly(AutomationOnlyActionObject::Note { body: body.clone() })
            }
            AutomationAction::CallWebhook(url) => {
                Self::AutomationOnly(AutomationOnlyActionObject::CallWebhook { url: url.clone() })
            }
        }
    }
}

/// An action in a request. It is well formed, but its references are not resolved yet.
#[derive(Debug, Clone)]
pub enum AutomationActionRequest {
    /// An action that bulk actions have too.
    Shared(ActionRequest),
    /// An action that only automations have.
    AutomationOnly(AutomationOnlyActionObject),
}

impl AutomationActionRequest {
    /// Returns whether the action calls a webhook.
    pub fn calls_webhook(&self) -> bool {
        matches!(self, Self::AutomationOnly(AutomationOnlyActionObject::CallWebhook { .. }))
    }
}

impl Deserr<InvalidRequest> for AutomationActionRequest {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let is_object = value.kind() == ValueKind::Map;
        let value = Json::from(value);
        let name = match &value {
            Json::Object(fields) => fields.get("action").and_then(Json::as_str),
            _ => None,
        };
        match name {
            Some(name) if AUTOMATION_ONLY.contains(&name) => {
                AutomationOnlyActionObject::deserialize_from_value(value.into_value(), location)
                    .map(Self::AutomationOnly)
            }
            // The error for an unknown action lists the shared actions and those of automations.
            Some(name) if is_object && !ActionRequest::NAMES.contains(&name) => {
                let names = [&ActionRequest::NAMES[..], &AUTOMATION_ONLY[..]].concat();
                let unknown = Invalid::unknown_value(name, &names);
                Err(InvalidRequest::at(location.push_key("action"), &unknown))
            }
            _ => ActionRequest::deserialize_from_value(value.into_value(), location).map(Self::Shared),
        }
    }
}

impl From<AutomationActionRequest> for AutomationAction {
    fn from(request: AutomationActionRequest) -> Self {
        match request {
            AutomationActionRequest::Shared(action) => Self::Act(action.into_action()),
            AutomationActionRequest::AutomationOnly(AutomationOnlyActionObject::Reply { predefined_message_id }) => {
                Self::Reply(predefined_message_id)
            }
            AutomationActionRequest::AutomationOnly(AutomationOnlyActionObject::Note { body }) => Self::Note(body),
            AutomationActionRequest::AutomationOnly(AutomationOnlyActionObject::CallWebhook { url }) => {
                Self::CallWebhook(url)
            }
        }
    }
}
