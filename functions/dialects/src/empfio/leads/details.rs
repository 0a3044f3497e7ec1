//! What a lead has beyond a customer, kept in the customer's metadata under the key `empfio`.

use std::collections::BTreeMap;

use deskless_api::{InvalidRequest, Problem};
use deskless_domain::{FieldChange, Invalid, Metadata};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The key of the metadata.
const KEY: &str = "empfio";

/// What a lead has beyond a customer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadDetails {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// The caller's own metadata, and the details.
#[derive(Debug, Default)]
pub struct LeadMetadata {
    pub own: BTreeMap<String, Box<RawValue>>,
    pub details: LeadDetails,
}

/// The changes of a request.
#[derive(Debug, Default)]
pub struct Changes {
    pub own: FieldChange<Metadata>,
    pub channel: FieldChange<String>,
    pub channel_id: FieldChange<String>,
    pub status: FieldChange<String>,
}

impl LeadMetadata {
    /// Reads the metadata of a customer. Details that another program wrote in another form are the caller's own.
    pub fn of(metadata: &Metadata) -> Self {
        let mut own = read(metadata);
        let details = own.get(KEY).and_then(|raw| serde_json::from_str::<LeadDetails>(raw.get()).ok());
        if details.is_some() {
            own.remove(KEY);
        }
        Self { own, details: details.unwrap_or_default() }
    }

    /// Returns the metadata after a request.
    ///
    /// # Errors
    /// `invalid_request` when it is too large, or has the key `empfio`.
    pub fn changed(mut self, changes: Changes) -> Result<Metadata, Problem> {
        match changes.own {
            FieldChange::Keep => {}
            FieldChange::Clear => self.own.clear(),
            FieldChange::Set(metadata) => self.own = read(&metadata),
        }
        let invalid = |invalid: &Invalid| Problem::from(InvalidRequest::one("metadata", invalid));
        if self.own.contains_key(KEY) {
            return Err(invalid(&Invalid::new("invalid", "must not have the key `empfio`, which is reserved")));
        }
        changes.channel.apply(&mut self.details.channel);
        changes.channel_id.apply(&mut self.details.channel_id);
        changes.status.apply(&mut self.details.status);
        let failed = |error: serde_json::Error| Problem::internal(format!("metadata cannot be serialized: {error}"));
        if self.details != LeadDetails::default() {
            let raw = serde_json::value::to_raw_value(&self.details).map_err(failed)?;
            self.own.insert(KEY.to_owned(), raw);
        }
        Metadata::from_json(&serde_json::to_string(&self.own).map_err(failed)?).map_err(|error| invalid(&error))
    }
}

fn read(metadata: &Metadata) -> BTreeMap<String, Box<RawValue>> {
    serde_json::from_str(metadata.json()).unwrap_or_default()
}
