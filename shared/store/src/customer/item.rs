use deskless_domain::{
    AttemptId, Clock, CompanyName, Customer, CustomerDetails, CustomerId, CustomerRecord, Email, Erasure,
    IdentitySource, MessageId, Metadata, PersonName, PhoneNumber, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    expression::text,
    item::{self, Item, integer, string},
    keys::Key,
    packed::{self, pack},
};

/// The attribute with the id, in [`CustomerAttributes`].
pub(crate) const CUSTOMER_ID: &str = "i";

/// The names of attributes that more than one operation writes.
pub(super) mod attributes {
    use crate::item;

    /// Who made the last change.
    pub(crate) const ACTOR: &str = "ac";
    pub(crate) const ATTEMPT: &str = "t";
    pub(crate) const COMPANY: &str = "co";
    pub(crate) const EMAIL: &str = "e";
    pub(crate) const ERASED: &str = "erased";
    pub(crate) const ERASING_SINCE: &str = "erasingSince";
    pub(crate) const ERASURE_STEP: &str = "erasureStep";
    pub(crate) const EXPIRES_AT: &str = "expiresAt";
    pub(crate) const JOB: &str = "job";
    pub(crate) const LISTING: &str = "p1";
    pub(crate) const METADATA: &str = "m";
    pub(crate) const NAME: &str = "n";
    pub(crate) const PHONE: &str = "p";
    /// The normalized email address by which the customer is found.
    pub(crate) const REGISTERED_EMAIL: &str = "re";
    pub(crate) const UPDATED_AT: &str = "ua";
    pub(crate) const VERSION: &str = item::VERSION;
}

/// The value of the attribute `job` on a customer whose details are copied to their conversations. The stream's filter
/// matches items with this attribute.
pub(super) const COPIES: &str = "copies";
/// The value of the attribute `job` on a customer who is being erased, until the item expires.
pub(super) const ERASURE: &str = "erasure";

/// The attributes of a customer on their own item and on each of their conversations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CustomerAttributes {
    #[serde(rename = "i")]
    id: CustomerId,
    #[serde(rename = "n", skip_serializing_if = "Option::is_none")]
    name: Option<PersonName>,
    #[serde(rename = "e", skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    #[serde(rename = "p", skip_serializing_if = "Option::is_none")]
    phone: Option<PhoneNumber>,
    #[serde(rename = "co", skip_serializing_if = "Option::is_none")]
    company: Option<CompanyName>,
    #[serde(rename = "s")]
    identity_source: IdentitySource,
    #[serde(rename = "ue", default, skip_serializing_if = "std::ops::Not::not")]
    email_is_unverified: bool,
}

impl From<Customer> for CustomerAttributes {
    fn from(customer: Customer) -> Self {
        let Customer { id, details, identity_source, email_is_unverified } = customer;
        let CustomerDetails { name, email, phone, company } = details;
        Self { id, name, email, phone, company, identity_source, email_is_unverified }
    }
}

impl From<CustomerAttributes> for Customer {
    fn from(attributes: CustomerAttributes) -> Self {
        let CustomerAttributes { id, name, email, phone, company, identity_source, email_is_unverified } = attributes;
        Self { id, details: CustomerDetails { name, email, phone, company }, identity_source, email_is_unverified }
    }
}

/// A customer's own item.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomerItem {
    p1: String,
    #[serde(flatten)]
    attributes: CustomerAttributes,
    #[serde(flatten)]
    own: RecordAttributes,
}

/// The item of a customer who is being erased.
#[derive(Debug, Serialize)]
struct ErasingItem {
    #[serde(rename = "s")]
    identity_source: IdentitySource,
    #[serde(flatten)]
    own: RecordAttributes,
}

/// The attributes of the customer's own item only. Items from before versions were introduced have no `version`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordAttributes {
    /// The position in the list of customers: an id with the time of creation.
    #[serde(rename = "a", with = "packed")]
    activity: MessageId,
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    #[serde(rename = "t", with = "packed::option", default, skip_serializing_if = "Option::is_none")]
    attempt: Option<AttemptId>,
    #[serde(rename = "ua", default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<i64>,
    /// JSON text, because DynamoDB maps have other limits for numbers and strings.
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    metadata: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    erasing_since: Option<i64>,
    /// The number of conversations that the erasure has deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    erased: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    erasure_step: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    job: Option<String>,
    #[serde(rename = "re", default, skip_serializing_if = "Option::is_none")]
    registered_email: Option<String>,
}

impl TenantStore {
    /// Returns a customer's own item.
    pub(super) fn customer_item(&self, record: &CustomerRecord, attempt: AttemptId) -> Result<Item, StoreError> {
        let attributes_of_item = CustomerItem {
            p1: self.customer_partition(&record.customer.id),
            attributes: record.customer.clone().into(),
            own: RecordAttributes {
                activity: record.list_position,
                version: Some(record.version),
                attempt: Some(attempt),
                updated_at: Some(record.updated_at.as_millis()),
                metadata: (!record.metadata.is_empty()).then(|| record.metadata.json().to_owned()),
                erasing_since: None,
                erased: None,
                erasure_step: None,
                job: None,
                registered_email: record.customer.details.email.as_ref().map(Email::normalized),
            },
        };
        let mut item = item::write(self.keys().customer(&record.customer.id), &attributes_of_item)?;
        let _ = item.insert(attributes::ACTOR.to_owned(), text(self.actor_text()));
        Ok(item)
    }
}

/// Returns the item of a customer who is being erased and has no record. Nothing in it names them.
pub(super) fn erasing(key: Key, attempt: AttemptId, clock: &dyn Clock) -> Result<Item, StoreError> {
    let list_position = MessageId::generate(clock);
    let attributes = ErasingItem {
        identity_source: IdentitySource::Anonymous,
        own: RecordAttributes {
            activity: list_position,
            version: Some(1),
            attempt: Some(attempt),
            updated_at: Some(list_position.time().as_millis()),
            metadata: None,
            erasing_since: Some(list_position.time().as_millis()),
            erased: Some(0),
            erasure_step: Some(0),
            job: Some(ERASURE.to_owned()),
            registered_email: None,
        },
    };
    item::write(key, &attributes)
}

/// Converts the item of a customer, who may be being erased.
pub(super) fn read_as(mut found: Item, id: &CustomerId) -> Result<CustomerRecord, StoreError> {
    found.entry(CUSTOMER_ID.to_owned()).or_insert_with(|| text(id));
    read(found)
}

/// Converts a customer's own item.
pub(crate) fn read(found: Item) -> Result<CustomerRecord, StoreError> {
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
        list_position: own.activity,
        version: own.version.unwrap_or(1),
        erasure: own.erasing_since.map(|since| Erasure {
            since: Timestamp::from_millis(since),
            conversations: own.erased.unwrap_or_default(),
        }),
        updated_at: own.updated_at.map_or(own.activity.time(), Timestamp::from_millis),
        registered_email: own.registered_email,
    })
}

/// The position up to which the customer's conversations have [`REFRESHED_VERSION`].
pub(super) const REFRESHED_TO: &str = "refreshedTo";
/// The version of the customer that is copied to their conversations.
pub(super) const REFRESHED_VERSION: &str = "refreshedVersion";

/// Returns the customer's version.
pub(crate) fn version(item: &Item) -> u64 {
    integer(item, attributes::VERSION).and_then(|version| u64::try_from(version).ok()).unwrap_or(1)
}

/// Returns the position up to which the customer's conversations have the current version.
pub(super) fn refreshed_to(item: &Item) -> Option<&str> {
    let is_current = integer(item, REFRESHED_VERSION) == Some(i64::try_from(version(item)).unwrap_or_default());
    string(item, REFRESHED_TO).filter(|_| is_current)
}

/// Returns whether the customer is being erased.
pub(crate) fn is_erasing(item: &Item) -> bool {
    item.contains_key(attributes::ERASING_SINCE)
}

/// Returns whether this attempt wrote the existing item. If so, its first response was lost.
pub(super) fn is_own_write(item: Option<&Item>, attempt: AttemptId) -> bool {
    item.and_then(|item| string(item, attributes::ATTEMPT)) == Some(pack(attempt).as_str())
}
