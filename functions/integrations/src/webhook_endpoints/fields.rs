//! The fields of requests that need more than the checks of their types.

use deserr::{Deserr, IntoValue, Map, Value, ValuePointerRef};
use deskless_api::InvalidRequest;
use deskless_app::webhook_endpoints::HeaderChange;
use deskless_domain::{EventType, EventTypes, Invalid, Reach, WebhookHeaders, WebhookUrl};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

/// The URL of an endpoint. Whether the workspace may have one of this machine is checked later.
#[derive(Debug)]
pub struct EndpointUrl(pub WebhookUrl);

impl Deserr<InvalidRequest> for EndpointUrl {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let text = <String as Deserr<InvalidRequest>>::deserialize_from_value(value, location)?;
        match WebhookUrl::parse_within(text.clone(), Reach::PublicAndLoopback) {
            Ok(url) if url.is_local() => Ok(Self(url)),
            // The error says what is allowed everywhere.
            _ => WebhookUrl::parse(text).map(Self).map_err(|invalid| InvalidRequest::at(location, &invalid)),
        }
    }
}

impl utoipa::PartialSchema for EndpointUrl {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(
                "An https URL of a public host, on port 443. On the local stack also `http://localhost` with any port.",
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

fn wrong_type(location: ValuePointerRef<'_>, message: &str) -> InvalidRequest {
    InvalidRequest::at(location, &Invalid::new("wrong_type", message))
}
