use std::collections::BTreeMap;

use deskless_domain::CustomerRecord;
use serde::Serialize;
use serde_json::value::RawValue;

use super::details::LeadMetadata;

/// The status of a lead that has none.
const NEW: &str = "new";

/// A lead.
#[derive(Debug, Serialize)]
pub struct LeadObject {
    id: String,
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    company: Option<String>,
    channel: Option<String>,
    channel_id: Option<String>,
    status: String,
    metadata: BTreeMap<String, Box<RawValue>>,
    created_at: String,
    updated_at: String,
}

impl From<&CustomerRecord> for LeadObject {
    fn from(record: &CustomerRecord) -> Self {
        let details = &record.customer.details;
        let LeadMetadata { own, details: more, .. } = LeadMetadata::of(&record.metadata);
        Self {
            id: record.customer.id.to_string(),
            name: details.name.as_ref().map(ToString::to_string),
            phone: details.phone.as_ref().map(ToString::to_string),
            email: details.email.as_ref().map(ToString::to_string),
            company: details.company.as_ref().map(ToString::to_string),
            channel: more.channel,
            channel_id: more.channel_id,
            status: more.status.unwrap_or_else(|| NEW.to_owned()),
            metadata: own,
            created_at: record.created_at().to_string(),
            updated_at: record.updated_at.to_string(),
        }
    }
}

/// A page of leads.
#[derive(Debug, Serialize)]
pub struct LeadPage {
    pub leads: Vec<LeadObject>,
    pub total: u64,
    pub page: u64,
    pub size: u64,
}
