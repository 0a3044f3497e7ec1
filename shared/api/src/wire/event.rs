//! The wire format of events, in the feed and in webhooks.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_domain::{EventActor, EventActorType, EventType, LoggedEvent};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{InvalidRequest, fields::string};

crate::object_tag!(
    /// `"event"`
    EventTag = "event"
);

/// Types of events in a query, separated by commas. Empty for all types.
#[derive(Debug, Default)]
pub struct TypesInQuery(pub Vec<EventType>);

impl Deserr<InvalidRequest> for TypesInQuery {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let text = string(value, location)?;
        let types = text.split(',').map(|word| EventType::parse(word.trim())?.in_filter());
        types.collect::<Result<_, _>>().map(Self).map_err(|invalid| InvalidRequest::at(location, &invalid))
    }
}

/// Who caused an event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventActor)]
pub struct EventActorObject {
    #[serde(rename = "type")]
    actor_type: EventActorType,
    /// The id of the API key, the automation or the bulk action. `null` for other actors.
    #[schema(required, format = "uuid")]
    id: Option<String>,
}

impl From<EventActor> for EventActorObject {
    fn from(actor: EventActor) -> Self {
        Self { actor_type: actor.actor_type(), id: actor.id() }
    }
}

/// An event of the workspace. The feed and webhooks send the same object.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Event)]
pub struct EventObject {
    object: EventTag,
    /// The id. It is also a position in the feed: send it as `after`. The id of a `webhook_endpoint.test` is not, because tests are not in
    /// the log.
    #[schema(format = "uuid")]
    id: String,
    #[serde(rename = "type")]
    event_type: EventType,
    /// The place in the workspace's log. Later events have higher numbers. There are no gaps, unless there was no event for two months.
    sequence: u64,
    /// The time of the change.
    #[schema(format = "date-time")]
    occurred_at: String,
    actor: EventActorObject,
    /// The conversation that the event belongs to.
    #[schema(required, format = "uuid")]
    conversation_id: Option<String>,
    /// The names of the fields in `data` that were changed, without derived ones such as `updatedAt`. Empty unless the type ends with
    /// `updated`.
    changed_fields: Vec<String>,
    /// The fields that are missing from `data` or cut short: they are too long, can name people or would expire, or the message was
    /// deleted before. Retrieve the object to read them.
    omitted_fields: Vec<String>,
    /// The object at the time of the change, as the API returned it then. For a deletion or an erasure, only its ids. `null` after the
    /// message, its conversation or its customer was deleted or erased.
    #[schema(required, value_type = Option<Object>)]
    data: Option<Box<RawValue>>,
}

impl From<&LoggedEvent> for EventObject {
    fn from(event: &LoggedEvent) -> Self {
        let content = &event.content;
        Self {
            object: EventTag,
            id: event.id.to_string(),
            event_type: content.event_type,
            sequence: event.sequence,
            occurred_at: content.occurred_at.to_string(),
            actor: content.actor.into(),
            conversation_id: content.conversation_id.map(|id| id.to_string()),
            changed_fields: content.changed_fields.clone(),
            omitted_fields: content.omitted_fields.clone(),
            data: content.data.clone().and_then(|data| RawValue::from_string(data).ok()),
        }
    }
}
