//! What the service stores in a conversation and we do not know: in the key `apex` of its metadata.

use deskless_api::Problem;
use deskless_domain::Metadata;
use serde_json::{Map, Value};

use crate::apex::error::invalid;

/// The key in the metadata.
const KEY: &str = "apex";

/// Returns the service's values.
pub fn read(metadata: &Metadata) -> Map<String, Value> {
    let mut all: Map<String, Value> = serde_json::from_str(metadata.json()).unwrap_or_default();
    match all.remove(KEY) {
        Some(Value::Object(own)) => own,
        _ => Map::new(),
    }
}

/// Returns the metadata with some of the service's values replaced. Null removes one.
///
/// # Errors
/// `BadRequest` when the metadata would be too long.
pub fn merge(metadata: &Metadata, changes: &Map<String, Value>) -> Result<Metadata, Problem> {
    let mut own = read(metadata);
    for (name, value) in changes {
        match value {
            Value::Null => drop(own.remove(name)),
            value => drop(own.insert(name.clone(), value.clone())),
        }
    }
    // The other values are copied as they are, so that numbers keep their digits.
    let mut all: std::collections::BTreeMap<String, Box<serde_json::value::RawValue>> =
        serde_json::from_str(metadata.json()).unwrap_or_default();
    let own = serde_json::value::to_raw_value(&own).map_err(|e| Problem::internal(e.to_string()))?;
    let _ = all.insert(KEY.to_owned(), own);
    let json = serde_json::to_string(&all).map_err(|e| Problem::internal(e.to_string()))?;
    Metadata::from_json(&json).map_err(|error| invalid("metadata", &error))
}

#[cfg(test)]
mod tests {
    use deskless_domain::Metadata;
    use serde_json::json;

    use super::{merge, read};

    #[test]
    fn other_values_are_kept() {
        let metadata =
            Metadata::from_json(r#"{"number":89490200001234567890,"apex":{"blocked":true}}"#).expect("metadata");
        let changes = json!({ "ai_context_cut": "x", "blocked": null }).as_object().expect("an object").clone();
        let merged = merge(&metadata, &changes).expect("metadata");
        assert_eq!(merged.json(), r#"{"apex":{"ai_context_cut":"x"},"number":89490200001234567890}"#);
        assert_eq!(read(&merged), json!({ "ai_context_cut": "x" }).as_object().expect("an object").clone());
    }
}
