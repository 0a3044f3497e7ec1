use serde_json::value::RawValue;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, schema::SchemaType};

use crate::Invalid;

/// The structured content of a message, such as content parts or a tool call: a JSON value of at most 512 KiB (as JSON without
/// white space), usually an object or an array. It is kept as JSON, so that numbers keep their digits and members their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageContent(String);

impl MessageContent {
    /// The most bytes of JSON: 512 KiB, so that content parts can hold the longest body.
    pub const MAX_BYTES: usize = 512 * 1024;

    /// Parses JSON without white space, and checks the size.
    ///
    /// # Errors
    /// When the text is not a JSON value or is `null`, or has more than 524,288 bytes.
    pub fn from_json(json: String) -> Result<Self, Invalid> {
        if json.len() > Self::MAX_BYTES {
            let message = format!("must be at most {} bytes as JSON; it has {}", Self::MAX_BYTES, json.len());
            return Err(Invalid::new("too_long", message));
        }
        if json == "null" {
            return Err(Invalid::new("wrong_type", "must not be null"));
        }
        serde_json::from_str::<&RawValue>(&json).map_err(|e| Invalid::new("invalid", e.to_string()))?;
        Ok(Self(json))
    }

    /// Returns the content as JSON without white space.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.0
    }
}

impl serde::Serialize for MessageContent {
    /// Serializes the JSON as it is, which only `serde_json` can do.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        json.serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for MessageContent {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        Self::from_json(json.get().to_owned()).map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for MessageContent {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::AnyValue)
            .description(Some("Structured content, such as content parts or a tool call: any JSON of at most 512 KiB."))
            .into()
    }
}

impl utoipa::ToSchema for MessageContent {
    fn name() -> std::borrow::Cow<'static, str> {
        "MessageContent".into()
    }
}

#[cfg(test)]
mod tests {
    use super::MessageContent;

    #[test]
    fn content_round_trips() {
        for json in [
            "{}",
            "[]",
            r#"{"b":89490200001234567890,"a":1.50,"c":1e400}"#,
            r#"[{"text":"\u0000"},null]"#,
            "\"a\"",
            "1.0",
        ] {
            let content = MessageContent::from_json(json.to_owned()).expect("valid");
            assert_eq!(serde_json::to_string(&content).expect("JSON"), json);
            assert_eq!(serde_json::from_str::<MessageContent>(json).expect("content"), content);
        }
        for other in ["null", "{", "[]x", ""] {
            assert!(MessageContent::from_json(other.to_owned()).is_err(), "{other}");
        }
    }

    #[test]
    fn size_is_limited() {
        let bytes = |n: usize| format!("[\"{}\"]", "x".repeat(n - 4));
        assert!(MessageContent::from_json(bytes(524_288)).is_ok());
        assert!(MessageContent::from_json(bytes(524_289)).is_err());
    }
}
