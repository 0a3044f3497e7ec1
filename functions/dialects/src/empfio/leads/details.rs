//! What a lead has beyond a customer, kept in the customer's metadata under the key `empfio`.

use deskless_api::{InvalidRequest, Problem};
use deskless_domain::{FieldChange, Invalid, Metadata};
use serde::{Deserialize, Serialize};

use crate::state::{self, Members};

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

/// The caller's own metadata, the details, and what other dialects keep.
#[derive(Debug, Default)]
pub struct LeadMetadata {
    pub own: Members,
    pub details: LeadDetails,
    pub others: Members,
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
        let mut others = state::take(&mut own);
        let mut details = LeadDetails::default();
        if let Some(raw) = others.remove(KEY) {
            match serde_json::from_str(raw.get()) {
                Ok(read) => details = read,
                Err(_) => drop(own.insert(KEY.to_owned(), raw)),
            }
        }
        Self { own, details, others }
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
            self.others.insert(KEY.to_owned(), raw);
        }
        let all = state::join(self.own, self.others).map_err(|error| invalid(&error))?;
        Metadata::from_json(&serde_json::to_string(&all).map_err(failed)?).map_err(|error| invalid(&error))
    }
}

fn read(metadata: &Metadata) -> Members {
    serde_json::from_str(metadata.json()).unwrap_or_default()
}
