//! The service's custom and additional attributes, which are in our metadata.
//!
//! Custom attributes are the metadata. What else the service has is under the key `chatwoot`.

use deskless_api::{InvalidRequest, Problem};
use deskless_domain::{Invalid, Metadata};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::state::{self, Members};

/// The key of the metadata that has what is not a custom attribute.
const KEY: &str = "chatwoot";

/// A JSON object whose values keep their digits.
pub type Attributes = Members;

/// The parts of the metadata of a contact, a conversation or a message.
#[derive(Debug, Default)]
pub struct Split {
    /// The custom attributes.
    pub custom: Attributes,
    /// What is not a custom attribute.
    pub more: More,
    /// What other dialects keep.
    pub others: Attributes,
}

/// What is not a custom attribute.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct More {
    /// The additional attributes of a contact or a conversation.
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    pub additional_attributes: Attributes,
    /// The content type of a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The content attributes of a message.
    #[serde(skip_serializing_if = "Attributes::is_empty")]
    pub content_attributes: Attributes,
}

/// Returns the members of a JSON object.
pub fn members(metadata: &Metadata) -> Attributes {
    serde_json::from_str(metadata.json()).unwrap_or_default()
}

impl Split {
    /// Splits metadata.
    pub fn of(metadata: &Metadata) -> Self {
        let mut custom = members(metadata);
        let mut others = state::take(&mut custom);
        let more = others.remove(KEY).and_then(|more| serde_json::from_str(more.get()).ok()).unwrap_or_default();
        Self { custom, more, others }
    }

    /// Joins the parts.
    ///
    /// # Errors
    /// `invalid_request` when they are too large together or have the reserved key, with `field` as the cause.
    pub fn join(self, field: &str) -> Result<Metadata, Problem> {
        let Self { custom, more, mut others } = self;
        let failed = |error: serde_json::Error| Problem::internal(error.to_string());
        let invalid = |invalid: Invalid| Problem::from(InvalidRequest::one(field, &invalid));
        let more = serde_json::to_string(&more).map_err(failed)?;
        if more != "{}" {
            let _ = others.insert(KEY.to_owned(), RawValue::from_string(more).map_err(failed)?);
        }
        let all = state::join(custom, others).map_err(invalid)?;
        let json = serde_json::to_string(&all).map_err(failed)?;
        Metadata::from_json(&json).map_err(invalid)
    }
}

#[cfg(test)]
mod tests {
    use deskless_domain::Metadata;

    use super::Split;

    #[test]
    fn parts_come_back_with_their_digits() {
        let json = r#"{"chatwoot":{"additional_attributes":{"b":1.50}},"plan":89490200001234567890}"#;
        let metadata = Metadata::from_json(json).expect("metadata");
        let split = Split::of(&metadata);
        assert_eq!(split.custom["plan"].get(), "89490200001234567890");
        assert_eq!(split.more.additional_attributes["b"].get(), "1.50");
        assert_eq!(split.join("custom_attributes").expect("metadata").json(), json);
    }
}
