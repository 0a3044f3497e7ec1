//! Wrappers for fields and bodies: optional, partial, or deserialized later.

use deserr::{DeserializeError, Deserr, ErrorKind, IntoValue, Map, Value, ValueKind, ValuePointerRef, take_cf_content};
use deskless_domain::{FieldChange, Invalid};

use super::InvalidRequest;
use crate::json::{Json, JsonObject, digits};

/// A field that may be left out, but must not be `null`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Optional<T>(pub Option<T>);

impl<T> Optional<Option<T>> {
    /// Returns the change of the field: a missing field keeps the value, `null` clears it.
    pub fn change(self) -> FieldChange<T> {
        self.0.map_or(FieldChange::Keep, FieldChange::from)
    }
}

impl<T> Default for Optional<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Deserr<InvalidRequest>> Deserr<InvalidRequest> for Optional<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        T::deserialize_from_value(value, location).map(|value| Self(Some(value)))
    }
}

/// A partial update: an object with at least one field.
#[derive(Debug)]
pub struct Patch<T>(pub T);

impl<T: Deserr<InvalidRequest>> Deserr<InvalidRequest> for Patch<T> {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        if let Value::Map(fields) = &value
            && fields.len() == 0
        {
            return Err(InvalidRequest::at(
                location,
                &Invalid::new("required", "must have at least one field to update"),
            ));
        }
        T::deserialize_from_value(value, location).map(Self)
    }
}

/// A JSON object that is deserialized later, because the allowed fields depend on the principal.
#[derive(Debug)]
pub struct RawBody(Json);

impl RawBody {
    /// Deserializes the object as a request type.
    ///
    /// # Errors
    /// `invalid_request` with every invalid field.
    pub fn read<T: Deserr<InvalidRequest>>(self) -> Result<T, InvalidRequest> {
        deserr::deserialize::<T, _, InvalidRequest>(self.0)
    }
}

impl Deserr<InvalidRequest> for RawBody {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        object(value, location).map(|object| Self(Json::Object(object)))
    }
}

/// A whole number from 0 to 2^64 - 1. Accepts `6000.0` too, because in JSON it is the same number as `6000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole(pub u64);

impl Deserr<InvalidRequest> for Whole {
    fn deserialize_from_value<V: IntoValue>(
        value: Value<V>,
        location: ValuePointerRef<'_>,
    ) -> Result<Self, InvalidRequest> {
        let wrong_type = |message: &str| InvalidRequest::at(location, &Invalid::new("wrong_type", message));
        let value = match digits(value) {
            Ok(digits) => Value::Float(digits.parse().unwrap_or(f64::NAN)),
            Err(value) => value,
        };
        match value {
            Value::Integer(number) => Ok(Self(number)),
            Value::Float(number) if number.fract() == 0.0 => {
                format!("{number:.0}").parse().map(Self).map_err(|_| wrong_type("must be a whole number of at least 0"))
            }
            Value::NegativeInteger(_) | Value::Float(_) => Err(wrong_type("must be a whole number of at least 0")),
            other => <u64 as Deserr<InvalidRequest>>::deserialize_from_value(other, location).map(Self),
        }
    }
}

/// Deserializes a string, for types that parse one.
pub(crate) fn string<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<String, InvalidRequest> {
    String::deserialize_from_value(value, location)
}

/// Deserializes an object with any fields.
pub(crate) fn object<V: IntoValue>(
    value: Value<V>,
    location: ValuePointerRef<'_>,
) -> Result<JsonObject, InvalidRequest> {
    match Json::from(value) {
        Json::Object(object) => Ok(object),
        other => Err(take_cf_content(InvalidRequest::error::<Json>(
            None,
            ErrorKind::IncorrectValueKind { actual: other.into_value(), accepted: &[ValueKind::Map] },
            location,
        ))),
    }
}
