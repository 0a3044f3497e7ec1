//! What an automation does, on the wire: the actions of bulk actions, and three of its own.

use deserr::{Deserr, IntoValue, Value, ValueKind, ValuePointerRef};
use deskless_api::{
    InvalidRequest,
    wire::{ActionObject, ActionRequest},
};
use deskless_domain::{AutomationAction, Invalid, MessageBody, PredefinedMessageId, WebhookUrl};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Ref, RefOr, Schema, schema::OneOfBuilder},
};

/// What only an automation does.
#[derive(Debug, Clone, Deserr, Serialize, ToSchema)]
#[deserr(error = InvalidRequest, tag = "action", deny_unknown_fields)]
#[serde(tag = "action", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[schema(as = AutomationOnlyAction)]
pub enum CustomerActionObject {
    /// Send a predefined message, as a reply of the role `assistant`.
    #[deserr(rename = "reply", rename_all = camelCase)]
    #[schema(rename_all = "camelCase")]
    Reply {
        /// The message; it is filled in with the conversation as it is then.
        predefined_message_id: PredefinedMessageId,
    },
    /// Write an internal note.
    #[deserr(rename = "note", rename_all = camelCase)]
    #[schema(rename_all = "camelCase")]
    Note {
        /// What it says.
        body: MessageBody,
    },
    /// Call a server of yours: a POST, signed in the manner of Standard Webhooks with the automation's `webhookSecret`. It is
    /// called at least once, under a `webhook-id` that stays the same. Anything but a 2xx within 5 seconds is a failure, and is not
    /// repeated. The body has `type`, `timestamp` and `data`, with `automation`, `execution`, `trigger`, `context`, `conversation`,
    /// `customer` and the newest 50 `messages`, oldest first; it has at most 64 KiB, and `messagesLeftOut` says how many of the
    /// older ones had no place in it.
    #[deserr(rename = "call_webhook", rename_all = camelCase)]
    #[schema(rename_all = "camelCase")]
    CallWebhook {
        /// Where: https on port 443, at a public address. Redirects are not followed.
        url: WebhookUrl,
    },
}

const OWN_WORDS: [&str; 3] = ["reply", "note", "call_webhook"];

/// One action of an automation.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum AutomationActionObject {
    /// One of the bulk actions'.
    Shared(ActionObject),
    /// One of its own.
    Own(CustomerActionObject),
}

impl PartialSchema for AutomationActionObject {
    fn schema() -> RefOr<Schema> {
        OneOfBuilder::new()
            .description(Some("One thing that an automation does. Which fields there are depends on `action`."))
            .item(Ref::from_schema_name(ActionObject::name()))
            .item(Ref::from_schema_name(CustomerActionObject::name()))
            .into()
    }
}

impl ToSchema for AutomationActionObject {
    fn name() -> std::borrow::Cow<'static, str> {
        "AutomationAction".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((ActionObject::name().into_owned(), ActionObject::schema()));
        ActionObject::schemas(schemas);
        schemas.push((CustomerActionObject::name().into_owned(), CustomerActionObject::schema()));
        CustomerActionObject::schemas(schemas);
    }
}

impl From<&AutomationAction> for AutomationActionObject {
    fn from(action: &AutomationAction) -> Self {
        match action {
            AutomationAction::Act(action) => Self::Shared(action.into()),
            AutomationAction::Reply(predefined_message_id) => {
                Self::Own(CustomerActionObject::Reply { predefined_message_id: *predefined_message_id })
            }
            AutomationAction::Note(body) => Self::Own(CustomerActionObject::Note { body: body.clone() }),
            AutomationAction::CallWebhook(url) => Self::Own(CustomerActionObject::CallWebhook { url: url.clone() }),
        }
    }
}

/// An action as somebody asks for it: it is not known yet whether what it refers to is there.
#[derive(Debug, Clone)]
pub enum AutomationActionRequest {
    /// One of the bulk actions'.
    Shared(ActionRequest),
    /// One of its own.
    Own(CustomerActionObject),
}

impl Deserr<InvalidRequest> for AutomationActionRequest {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let is_object = value.kind() == ValueKind::Map;
        let value = serde_json::Value::from(value);
        let word = value.get("action").and_then(serde_json::Value::as_str);
        match word {
            Some(word) if OWN_WORDS.contains(&word) => {
                CustomerActionObject::deserialize_from_value(value.into_value(), location).map(Self::Own)
            }
            // What is said of an unknown word names all that there are.
            Some(word) if is_object && !ActionRequest::WORDS.contains(&word) => {
                let unknown = Invalid::unknown_value(word, &[&ActionRequest::WORDS[..], &OWN_WORDS[..]].concat());
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
            AutomationActionRequest::Own(CustomerActionObject::Reply { predefined_message_id }) => {
                Self::Reply(predefined_message_id)
            }
            AutomationActionRequest::Own(CustomerActionObject::Note { body }) => Self::Note(body),
            AutomationActionRequest::Own(CustomerActionObject::CallWebhook { url }) => Self::CallWebhook(url),
        }
    }
}
