use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{
    AttemptId, CompanyName, Customer, CustomerDetails, CustomerId, CustomerRecord, Email, Erasure, IdentitySource,
    MessageId, Metadata, PersonName, PhoneNumber, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    item::{self, Item, integer, string},
};

/// The names of attributes that more than one operation writes.
pub(super) mod attributes {
    pub(crate) const ATTEMPT: &str = "attempt";
    /// The emails that the customer has claimed, by which their claims are found.
    pub(crate) const CLAIMS: &str = "claims";
    pub(crate) const ERASED: &str = "erased";
    pub(crate) const ERASING_SINCE: &str = "erasingSince";
    pub(crate) const ERASURE_STEP: &str = "erasureStep";
    pub(crate) const EXPIRES_AT: &str = "expiresAt";
    pub(crate) const LISTING: &str = "gsi1pk";
    pub(crate) const METADATA: &str = "metadata";
    pub(crate) const UPDATED_AT: &str = "updatedAt";
    pub(crate) const VERSION: &str = "version";
}

/// A customer as their own item and every conversation of theirs hold it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomerAttributes {
    id: CustomerId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<PersonName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<PhoneNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<CompanyName>,
    identity_source: IdentitySource,
}

impl From<Customer> for CustomerAttributes {
    fn from(customer: Customer) -> Self {
        let Customer { id, details: CustomerDetails { name, email, phone, company }, identity_source } = customer;
        Self { id, name, email, phone, company, identity_source }
    }
}

impl From<CustomerAttributes> for Customer {
    fn from(attributes: CustomerAttributes) -> Self {
        let CustomerAttributes { id, name, email, phone, company, identity_source } = attributes;
        Self { id, details: CustomerDetails { name, email, phone, company }, identity_source }
    }
}

/// A customer's own item.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomerItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi1pk: Option<String>,
    #[serde(flatten)]
    attributes: CustomerAttributes,
    #[serde(flatten)]
    own: RecordAttributes,
}

/// What only the customer's own item has. Those made before there was a version lack one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordAttributes {
    /// Where they stand in the list: the id of their creation.
    activity: MessageId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempt: Option<AttemptId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<i64>,
    /// JSON text: a map of DynamoDB's would take other numbers and refuse some texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    erasing_since: Option<i64>,
    /// How many conversations the erasure has deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    erased: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    erasure_step: Option<u64>,
}

/// The item that gives an email to the first customer who claims it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EmailClaimItem {
    pub customer_id: CustomerId,
}

impl TenantStore {
    /// A customer's own item. `claimed` is the email whose claim is made with it.
    pub(super) fn customer_item(
        &self,
        record: &CustomerRecord,
        claimed: Option<&Email>,
        attempt: AttemptId,
    ) -> Result<Item, StoreError> {
        let attributes = CustomerItem {
            gsi1pk: record.erasure.is_none().then(|| self.keys().customer_listing(0)),
            attributes: record.customer.clone().into(),
            own: RecordAttributes {
                activity: record.place,
                version: Some(record.version),
                attempt: Some(attempt),
                updated_at: Some(record.updated_at.as_millis()),
                metadata: (!record.metadata.is_empty()).then(|| record.metadata.json().to_owned()),
                erasing_since: record.erasure.map(|erasure| erasure.since.as_millis()),
                erased: record.erasure.map(|erasure| erasure.conversations),
                erasure_step: record.erasure.map(|_| 0),
            },
        };
        let mut item = item::write(self.keys().customer(&record.customer.id), &attributes)?;
        if let Some(email) = claimed {
            item.insert(attributes::CLAIMS.to_owned(), AttributeValue::Ss(vec![email.normalized()]));
        }
        Ok(item)
    }
}

/// Reads a customer's own item.
pub(super) fn read(found: Item) -> Result<CustomerRecord, StoreError> {
    let own: RecordAttributes = item::read(found.clone())?;
    let attributes: CustomerAttributes = item::read(found)?;
    let metadata = match &own.metadata {
        Some(json) => Metadata::from_json(json)
            .map_err(|e| StoreError::Internal(format!("stored metadata cannot be read: {e}")))?,
        None => Metadata::default(),
    };
    Ok(CustomerRecord {
        customer: attributes.into(),
        metadata,
        place: own.activity,
        version: own.version.unwrap_or(1),
        erasure: own.erasing_since.map(|since| Erasure {
            since: Timestamp::from_millis(since),
            conversations: own.erased.unwrap_or_default(),
        }),
        updated_at: own.updated_at.map_or(own.activity.time(), Timestamp::from_millis),
    })
}

/// The position up to which the customer's conversations show [`REFRESHED_VERSION`].
pub(super) const REFRESHED_TO: &str = "refreshedTo";
pub(super) const REFRESHED_VERSION: &str = "refreshedVersion";

/// Returns the customer's version.
pub(super) fn version(item: &Item) -> u64 {
    integer(item, attributes::VERSION).and_then(|version| u64::try_from(version).ok()).unwrap_or(1)
}

/// Returns the position up to which the customer's conversations show their current version.
pub(super) fn refreshed_to(item: &Item) -> Option<&str> {
    let is_current = integer(item, REFRESHED_VERSION) == Some(i64::try_from(version(item)).unwrap_or_default());
    string(item, REFRESHED_TO).filter(|_| is_current)
}

/// Returns whether the customer is being erased.
pub(super) fn is_erasing(item: &Item) -> bool {
    item.contains_key(attributes::ERASING_SINCE)
}

/// Whether this attempt is what stands there: then its first answer was lost.
pub(super) fn is_of(item: Option<&Item>, attempt: AttemptId) -> bool {
    item.and_then(|item| string(item, attributes::ATTEMPT)) == Some(attempt.to_string().as_str())
}
