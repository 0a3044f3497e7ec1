//! Custom attributes are our metadata. What this dialect keeps for itself is in its member `intercom`.

use std::collections::BTreeMap;

use deskless_api::{Json, JsonObject, Problem};
use deskless_domain::Metadata;
use serde_json::{Map, Value, value::RawValue};

use super::values::invalid;

/// The member of the metadata that has the values of this dialect.
pub const OWN: &str = "intercom";
const FIELD: &str = "custom_attributes";

/// The metadata of a contact, conversation or message.
#[derive(Debug, Default)]
pub struct Attributes {
    /// The custom attributes, as they are stored, so that numbers keep their digits.
    custom: BTreeMap<String, Box<RawValue>>,
    /// The values of this dialect.
    pub own: Map<String, Value>,
}

impl Attributes {
    /// Reads metadata.
    pub fn of(metadata: &Metadata) -> Self {
        let mut custom: BTreeMap<String, Box<RawValue>> = serde_json::from_str(metadata.json()).unwrap_or_default();
        let own = custom.get(OWN).and_then(|own| serde_json::from_str(own.get()).ok());
        if own.is_some() {
            custom.remove(OWN);
        }
        Self { custom, own: own.unwrap_or_default() }
    }

    /// Returns the custom attributes.
    pub fn custom(&self) -> Value {
        let value = |raw: &RawValue| serde_json::from_str(raw.get()).unwrap_or_default();
        Value::Object(self.custom.iter().map(|(name, raw)| (name.clone(), value(raw))).collect())
    }

    /// Sets custom attributes. Others stay. `null` removes one.
    ///
    /// # Errors
    /// `invalid_request` for the name that this dialect keeps for itself.
    pub fn merge(&mut self, changes: &JsonObject) -> Result<(), Problem> {
        for (name, value) in changes {
            if name == OWN {
                return Err(invalid("custom_attributes.intercom", "is reserved. Use another name"));
            }
            if *value == Json::Null {
                self.custom.remove(name);
            } else if let Ok(raw) = RawValue::from_string(value.to_string()) {
                self.custom.insert(name.clone(), raw);
            }
        }
        Ok(())
    }

    /// Sets a value of this dialect. `null` removes it.
    pub fn set(&mut self, name: &str, value: Value) {
        if value.is_null() {
            self.own.remove(name);
        } else {
            self.own.insert(name.to_owned(), value);
        }
    }

    /// Returns the metadata.
    ///
    /// # Errors
    /// `invalid_request` when there are too many attributes or they are too large.
    pub fn metadata(&self) -> Result<Metadata, Problem> {
        let mut members: BTreeMap<&str, &RawValue> =
            self.custom.iter().map(|(name, raw)| (name.as_str(), &**raw)).collect();
        let own = serde_json::value::to_raw_value(&self.own).ok();
        if let Some(own) = own.as_deref().filter(|_| !self.own.is_empty()) {
            members.insert(OWN, own);
        }
        let json = serde_json::to_string(&members).unwrap_or_default();
        Metadata::from_json(&json).map_err(|error| invalid(FIELD, error.message))
    }
}
