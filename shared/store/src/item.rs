//! Between items and structs.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use crate::{StoreError, keys::Key};

/// One item as the SDK has it.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The format that this version writes. Readers take this one and the one before, since a canary deployment runs two
/// versions over one table.
pub(crate) const FORMAT: u8 = 1;

/// An item's attributes from a struct, under `key`.
pub(crate) fn write(key: Key, attributes: &impl Serialize) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(attributes)
        .map_err(|e| StoreError::Internal(format!("an item cannot be written: {e}")))?;
    item.extend(key.attributes());
    item.insert("format".to_owned(), AttributeValue::N(FORMAT.to_string()));
    Ok(item)
}

/// A struct from an item's attributes.
pub(crate) fn read<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    let format = item.get("format").and_then(|f| f.as_n().ok()).and_then(|f| f.parse::<u8>().ok()).unwrap_or(0);
    if format > FORMAT {
        let text = format!("an item has format {format}; this version reads up to {FORMAT}");
        return Err(StoreError::Internal(text));
    }
    serde_dynamo::from_item(item).map_err(|e| StoreError::Internal(format!("an item cannot be read: {e}")))
}

/// Whether an item is past its time: the table deletes such items days late.
pub(crate) fn is_expired(item: &Item, now: Timestamp) -> bool {
    integer(item, "expiresAt").is_some_and(|end| end <= now.as_seconds())
}

/// A string attribute.
pub(crate) fn string<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// A whole number attribute.
pub(crate) fn integer(item: &Item, name: &str) -> Option<i64> {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok())
}

/// An attribute that nobody looks into, as JSON text: smaller than a map of DynamoDB's, and never an empty one, which some
/// readers of streams leave out.
pub(crate) mod as_json {
    use serde::{
        Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned, de::Error as _, ser::Error as _,
    };

    pub(crate) fn serialize<T: Serialize, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&serde_json::to_string(value).map_err(S::Error::custom)?)
    }

    pub(crate) fn deserialize<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        serde_json::from_str(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
