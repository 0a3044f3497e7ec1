//! The fields of requests that need more than the checks of their types.

use deserr::{Deserr, IntoValue, Map, Value, ValuePointerRef};
use deskless_api::InvalidRequest;
use deskless_app::webhook_endpoints::HeaderChange;
use deskless_domain::{EventType, EventTypes, Invalid, Reach, WebhookHeaders, WebhookUrl};
use utoipa::openapi::{
    ArrayBuilder, ObjectBuilder, RefOr, Schema, SchemaFormat,
    schema::{SchemaType, Type},
};

/// The URL of an endpoint. Whether the workspace may have one of this machine is checked later.
#[derive(Debug)]
pub struct EndpointUrl(pub WebhookUrl);

impl Deserr<InvalidRequest> for EndpointUrl {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let text = <String as Deserr<InvalidRequest>>::deserialize_from_value(value, location)?;
        // Of another http URL, the error says what is allowed everywhere.
        let reach = if is_of_this_machine(&text) { Reach::PublicAndLoopback } else { Reach::Public };
        WebhookUrl::parse_within(text, reach).map(Self).map_err(|invalid| InvalidRequest::at(location, &invalid))
    }
}

/// Returns whether a text begins like an http URL of this machine.
fn is_of_this_machine(text: &str) -> bool {
    let rest = text.strip_prefix("http://").unwrap_or_default();
    let after = ["localhost", "127.0.0.1", "[::1]"].iter().find_map(|host| rest.strip_prefix(host));
    after.is_some_and(|after| after.is_empty() || after.starts_with([':', '/', '?', '#']))
}

impl utoipa::PartialSchema for EndpointUrl {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("uri".to_owned())))
            .description(Some(
                "An `https` URL on port 443, with the host name of a public address. With the local stack also `http://localhost`, \
                 `http://127.0.0.1` and `http://[::1]`, on any port.",
            ))
            .min_length(Some("https://".len()))
            .max_length(Some(WebhookUrl::MAX))
            .examples(["https://hooks.example.com/deskless"])
            .into()
    }
}

impl utoipa::ToSchema for EndpointUrl {}

/// The types of events, each once.
#[derive(Debug, Default)]
pub struct EventTypesField(pub EventTypes);

impl Deserr<InvalidRequest> for EventTypesField {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let types = Vec::<EventType>::deserialize_from_value(value, location)?;
        EventTypes::parse(types).map(Self).map_err(|invalid| InvalidRequest::at(location, &invalid))
    }
}

impl utoipa::PartialSchema for EventTypesField {
    fn schema() -> RefOr<Schema> {
        let known = EventType::ALL.iter().filter(|event_type| event_type.is_logged()).map(|known| known.as_str());
        ArrayBuilder::new()
            .items(ObjectBuilder::new().schema_type(Type::String).enum_values(Some(known)))
            .unique_items(true)
            .description(Some("Types of events. Empty for all types, also those that later versions add."))
            .into()
    }
}

impl utoipa::ToSchema for EventTypesField {
    fn name() -> std::borrow::Cow<'static, str> {
        "WebhookEventTypes".into()
    }
}

/// Changes of headers: an object of names and values, in which `null` removes a header.
#[derive(Debug, Default)]
pub struct HeaderChanges(pub Vec<HeaderChange>);

impl Deserr<InvalidRequest> for HeaderChanges {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let Value::Map(headers) = value else {
            return Err(wrong_type(location, "must be an object of header names and values"));
        };
        let mut changes = Vec::with_capacity(headers.len());
        for (name, value) in headers.into_iter() {
            match value.into_value() {
                Value::String(value) => changes.push((name, Some(value))),
                Value::Null => changes.push((name, None)),
                _ => return Err(wrong_type(location.push_key(&name), "must be a string")),
            }
        }
        Ok(Self(changes))
    }
}

impl utoipa::PartialSchema for HeaderChanges {
    fn schema() -> RefOr<Schema> {
        let value = SchemaType::from_iter([Type::String, Type::Null]);
        ObjectBuilder::new()
            .additional_properties(Some(
                ObjectBuilder::new().schema_type(value).max_length(Some(WebhookHeaders::MAX_VALUE)),
            ))
            .description(Some(
                "Header names with their new values, or `null` to remove a header that the endpoint has.",
            ))
            .into()
    }
}

impl utoipa::ToSchema for HeaderChanges {
    fn name() -> std::borrow::Cow<'static, str> {
        "WebhookHeaderChanges".into()
    }
}

/// The headers of a new endpoint.
#[derive(Debug, Default)]
pub struct Headers(pub WebhookHeaders);

impl Deserr<InvalidRequest> for Headers {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let HeaderChanges(changes) = HeaderChanges::deserialize_from_value(value, location)?;
        let mut headers = Vec::with_capacity(changes.len());
        for (name, value) in changes {
            match value {
                Some(value) => headers.push((name, value)),
                None => return Err(wrong_type(location.push_key(&name), "must be a string")),
            }
        }
        WebhookHeaders::parse(headers).map(Self).map_err(|invalid| InvalidRequest::at(location, &invalid))
    }
}

impl utoipa::PartialSchema for Headers {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .additional_properties(Some(
                ObjectBuilder::new().schema_type(Type::String).max_length(Some(WebhookHeaders::MAX_VALUE)),
            ))
            .max_properties(Some(WebhookHeaders::MAX))
            .description(Some("Header names with their values: visible ASCII characters, with spaces between them."))
            .into()
    }
}

impl utoipa::ToSchema for Headers {
    fn name() -> std::borrow::Cow<'static, str> {
        "WebhookHeaders".into()
    }
}

fn wrong_type(location: ValuePointerRef<'_>, message: &str) -> InvalidRequest {
    InvalidRequest::at(location, &Invalid::new("wrong_type", message))
}
