use serde_json::{Map, Value};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::Type};

use crate::Invalid;

/// The caller's own data: a JSON object of at most 50 keys and 4 KiB (as JSON without white space).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    object: Map<String, Value>,
    json: String,
}

impl Metadata {
    /// The most keys at the top level.
    pub const MAX_KEYS: usize = 50;
    /// The most bytes of JSON.
    pub const MAX_BYTES: usize = 4096;

    /// Checks the number of keys and the size.
    ///
    /// # Errors
    /// When the object has more than 50 keys or 4,096 bytes.
    pub fn parse(object: Map<String, Value>) -> Result<Self, Invalid> {
        if object.len() > Self::MAX_KEYS {
            let message = format!("must have at most {} keys; it has {}", Self::MAX_KEYS, object.len());
            return Err(Invalid::new("too_many", message));
        }
        if object.is_empty() {
            return Ok(Self::default());
        }
        let json = serde_json::to_string(&object).map_err(|e| Invalid::new("invalid", e.to_string()))?;
        if json.len() > Self::MAX_BYTES {
            let message = format!("must be at most {} bytes as JSON; it has {}", Self::MAX_BYTES, json.len());
            return Err(Invalid::new("too_long", message));
        }
        Ok(Self { object, json })
    }

    /// Parses the text that [`Metadata::json`] returns.
    ///
    /// # Errors
    /// When the text is not a JSON object within the limits.
    pub fn from_json(json: &str) -> Result<Self, Invalid> {
        let object = serde_json::from_str(json).map_err(|e| Invalid::new("invalid", e.to_string()))?;
        Self::parse(object)
    }

    /// Returns the object as JSON without white space.
    #[must_use]
    pub fn json(&self) -> &str {
        if self.json.is_empty() { "{}" } else { &self.json }
    }

    /// Returns the object.
    #[must_use]
    pub fn object(&self) -> &Map<String, Value> {
        &self.object
    }

    /// Returns whether there are no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.object.is_empty()
    }
}

impl serde::Serialize for Metadata {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.object.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Metadata {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Map::deserialize(deserializer)?;
        Self::parse(object).map_err(serde::de::Error::custom)
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
        for json in ["{}", r#"{"a":0.1,"b":[1,{"c":null}],"d":"\u0000"}"#] {
            let metadata = Metadata::from_json(json).expect("valid");
            assert_eq!(metadata.json(), json);
        }
    }

    #[test]
    fn size_and_keys_are_limited() {
        let keys = |n: usize| (0..n).map(|i| (i.to_string(), i.into())).collect();
        assert!(Metadata::parse(keys(50)).is_ok());
        assert!(Metadata::parse(keys(51)).is_err());
        let bytes = |n: usize| [("k".to_owned(), "x".repeat(n - 8).into())].into_iter().collect();
        assert!(Metadata::parse(bytes(4096)).is_ok());
        assert!(Metadata::parse(bytes(4097)).is_err());
    }
}
