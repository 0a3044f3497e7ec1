use std::collections::BTreeMap;

use serde_json::value::RawValue;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

use crate::Invalid;

/// The caller's own data: a JSON object of at most 50 keys and 4 KiB (as JSON without white space). It is kept as JSON, so that
/// numbers keep their digits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    json: String,
}

impl Metadata {
    /// The most keys at the top level.
    pub const MAX_KEYS: usize = 50;
    /// The most bytes of JSON.
    pub const MAX_BYTES: usize = 4096;
    /// The most bytes of JSON where another service's format allows more: 40 KiB, so that a page of 100 fits into a response.
    pub const MAX_BYTES_OF_DIALECTS: usize = 40 * 1024;

    /// Parses JSON without white space, and checks the number of keys and the size.
    ///
    /// # Errors
    /// When the text is not a JSON object, or has more than 50 keys or 4,096 bytes.
    pub fn from_json(json: &str) -> Result<Self, Invalid> {
        Self::within(json, Self::MAX_BYTES)
    }

    /// Parses JSON as [`Metadata::from_json`] does, with at most 40 KiB: the metadata of a dialect, or stored metadata.
    ///
    /// # Errors
    /// When the text is not a JSON object, or has more than 50 keys or 40,960 bytes.
    pub fn from_long_json(json: &str) -> Result<Self, Invalid> {
        Self::within(json, Self::MAX_BYTES_OF_DIALECTS)
    }

    fn within(json: &str, max_bytes: usize) -> Result<Self, Invalid> {
        let object: BTreeMap<String, &RawValue> =
            serde_json::from_str(json).map_err(|e| Invalid::new("invalid", e.to_string()))?;
        if object.len() > Self::MAX_KEYS {
            let message = format!("must have at most {} keys; it has {}", Self::MAX_KEYS, object.len());
            return Err(Invalid::new("too_many", message));
        }
        if object.is_empty() {
            return Ok(Self::default());
        }
        if json.len() > max_bytes {
            let message = format!("must be at most {} bytes as JSON; it has {}", max_bytes, json.len());
            return Err(Invalid::new("too_long", message));
        }
        Ok(Self { json: json.to_owned() })
    }

    /// Returns the object as JSON without white space.
    #[must_use]
    pub fn json(&self) -> &str {
        if self.json.is_empty() { "{}" } else { &self.json }
    }

    /// Returns whether there are no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.json.is_empty()
    }
}

impl serde::Serialize for Metadata {
    /// Serializes the JSON as it is, which only `serde_json` can do.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json: &RawValue = serde_json::from_str(self.json()).map_err(serde::ser::Error::custom)?;
        json.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Metadata {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        Self::from_long_json(json.get()).map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Metadata {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Your own data: a JSON object of at most 50 keys and 4 KiB."))
            .max_properties(Some(Self::MAX_KEYS))
            .additional_properties(Some(utoipa::openapi::schema::AdditionalProperties::FreeForm(true)))
            .into()
    }
}

impl utoipa::ToSchema for Metadata {
    fn name() -> std::borrow::Cow<'static, str> {
        "Metadata".into()
    }
}

#[cfg(test)]
mod tests {
    use super::Metadata;

    #[test]
    fn metadata_round_trips() {
        for json in [
            "{}",
            r#"{"a":0.1,"b":[1,{"c":null}],"d":"\u0000"}"#,
            r#"{"a":89490200001234567890,"b":1.50,"c":1e400,"d":-0}"#,
        ] {
            let metadata = Metadata::from_json(json).expect("valid");
            assert_eq!(metadata.json(), json);
            assert_eq!(serde_json::to_string(&metadata).expect("JSON"), json);
            assert_eq!(serde_json::from_str::<Metadata>(json).expect("metadata"), metadata);
        }
        for other in ["[]", "1", "null", "{", "{}x"] {
            assert!(Metadata::from_json(other).is_err(), "{other}");
        }
    }

    #[test]
    fn size_and_keys_are_limited() {
        let keys = |n: usize| format!("{{{}}}", (0..n).map(|i| format!("\"{i}\":{i}")).collect::<Vec<_>>().join(","));
        assert!(Metadata::from_json(&keys(50)).is_ok());
        assert!(Metadata::from_json(&keys(51)).is_err());
        let bytes = |n: usize| format!("{{\"k\":\"{}\"}}", "x".repeat(n - 8));
        assert!(Metadata::from_json(&bytes(4096)).is_ok());
        assert!(Metadata::from_json(&bytes(4097)).is_err());
        assert!(Metadata::from_long_json(&bytes(40_960)).is_ok());
        assert!(Metadata::from_long_json(&bytes(40_961)).is_err());
    }
}
