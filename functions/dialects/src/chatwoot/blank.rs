//! Values for which the service's clients send an empty text or `null`.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use deskless_api::{InvalidRequest, Json, Optional};
use deskless_domain::{FieldChange, Invalid, Timestamp};

/// A value that may be `null` or an empty text, which both mean none.
#[derive(Debug, Clone)]
pub struct Blank<T>(pub Option<T>);

impl<T> Default for Blank<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Deserr<InvalidRequest>> Deserr<InvalidRequest> for Blank<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        match value {
            Value::Null => Ok(Self(None)),
            Value::String(text) if text.is_empty() => Ok(Self(None)),
            other => T::deserialize_from_value(other, location).map(|value| Self(Some(value))),
        }
    }
}

/// Returns the change of a field: one that is left out stays.
pub fn change<T>(field: Optional<Blank<T>>) -> FieldChange<T> {
    field.0.map_or(FieldChange::Keep, |value| value.0.map_or(FieldChange::Clear, FieldChange::Set))
}

/// A field that is not supported, and whether the request has a value for it.
#[derive(Debug, Default)]
pub struct Unsupported(pub bool);

impl Deserr<InvalidRequest> for Unsupported {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, _: ValuePointerRef<'_>) -> Result<Self, InvalidRequest> {
        Ok(Self(match Json::from(value) {
            Json::Null | Json::Bool(false) => false,
            Json::String(text) | Json::Number(text) => !text.is_empty() && text != "0",
            Json::Array(values) => !values.is_empty(),
            Json::Object(members) => !members.is_empty(),
            Json::Bool(true) => true,
        }))
    }
}

/// A time: seconds since 1970 as a number or text, or a date and time.
#[derive(Debug, Clone, Copy)]
pub struct Time(pub Timestamp);

impl Deserr<InvalidRequest> for Time {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let time = match Json::from(value) {
            Json::Number(text) | Json::String(text) => match text.parse::<u32>() {
                Ok(seconds) => Some(Timestamp::from_millis(i64::from(seconds) * 1000)),
                Err(_) => Timestamp::parse(&text).ok(),
            },
            _ => None,
        };
        let invalid = Invalid::new("invalid", "must be a time in seconds since 1970, or such as 2030-01-31T12:00:00Z");
        time.map(Self).ok_or_else(|| InvalidRequest::at(location, &invalid))
    }
}
