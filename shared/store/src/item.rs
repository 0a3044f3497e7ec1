//! Converts between DynamoDB items and structs.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

use crate::{StoreError, keys::Key};

/// A DynamoDB item.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The item format that this version writes. A version that writes a new format also reads the previous one, because a canary
/// deployment runs two versions on one table.
pub(crate) const FORMAT: u8 = 2;

/// The first format that this version reads.
const FIRST_FORMAT: u8 = 2;

/// The attribute with the item's format.
pub(crate) const FORMAT_ATTRIBUTE: &str = "f";
/// The attribute with the item's version.
pub(crate) const VERSION: &str = "v";

/// Converts a struct to an item with this key.
pub(crate) fn write(key: Key, attributes: &impl Serialize) -> Result<Item, StoreError> {
    let mut item: Item = serde_dynamo::to_item(attributes)
        .map_err(|e| StoreError::Internal(format!("an item cannot be written: {e}")))?;
    item.extend(key.attributes());
    item.insert(FORMAT_ATTRIBUTE.to_owned(), AttributeValue::N(FORMAT.to_string()));
    Ok(item)
}

/// Converts an item to a struct.
///
/// # Errors
/// [`StoreError::EarlierFormat`]; [`StoreError::Internal`] when the item has a newer format or does not fit the struct.
pub(crate) fn read<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    check_format(&item)?;
    serde_dynamo::from_item(item).map_err(|e| StoreError::Internal(format!("an item cannot be read: {e}")))
}

/// Checks that this version reads the item's format.
///
/// # Errors
/// [`StoreError::EarlierFormat`]; [`StoreError::Internal`] when the item has a newer format.
pub(crate) fn check_format(item: &Item) -> Result<(), StoreError> {
    let format = item.get(FORMAT_ATTRIBUTE).and_then(|f| f.as_n().ok()).and_then(|f| f.parse::<u8>().ok()).unwrap_or(0);
    if format < FIRST_FORMAT {
        return Err(StoreError::EarlierFormat);
    }
    if format > FORMAT {
        let text = format!("an item has format {format}; this version reads up to {FORMAT}");
        return Err(StoreError::Internal(text));
    }
    Ok(())
}

/// Returns whether an item has expired. DynamoDB deletes expired items up to days later.
pub(crate) fn is_expired(item: &Item, now: Timestamp) -> bool {
    integer(item, "expiresAt").is_some_and(|end| end <= now.as_seconds())
}

/// Returns a string attribute.
pub(crate) fn string<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// Returns an integer attribute.
pub(crate) fn integer(item: &Item, name: &str) -> Option<i64> {
    item.get(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok())
}

/// Stores an attribute as JSON text, if no expression reads into it. JSON is smaller than a DynamoDB map, and unlike an
/// empty map it is never dropped by stream readers.
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
