//! The wire format of customers.

use deskless_domain::{CustomerDetails, CustomerRecord, IdentitySource, Metadata};
use serde::Serialize;
use utoipa::ToSchema;

crate::object_tag!(
    /// `"customer"`
    CustomerTag = "customer"
);

/// The progress of a customer's erasure.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Erasure)]
pub struct ErasureObject {
    /// The time at which the erasure began.
    #[schema(format = "date-time")]
    since: String,
    /// The number of conversations that were deleted so far.
    deleted_conversations: u64,
}

/// A customer of the workspace.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Customer)]
pub struct CustomerObject {
    object: CustomerTag,
    /// The id in your own system, or a generated one.
    id: String,
    #[schema(required)]
    name: Option<String>,
    #[schema(required)]
    email: Option<String>,
    #[schema(required)]
    phone: Option<String>,
    #[schema(required)]
    company: Option<String>,
    metadata: Metadata,
    identity_source: IdentitySource,
    /// The progress of the erasure. `null` unless the customer is being erased.
    #[schema(required)]
    erasing: Option<ErasureObject>,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    updated_at: String,
}

impl From<&CustomerRecord> for CustomerObject {
    fn from(record: &CustomerRecord) -> Self {
        let CustomerDetails { name, email, phone, company } = &record.customer.details;
        Self {
            object: CustomerTag,
            id: record.customer.id.to_string(),
            name: name.as_ref().map(ToString::to_string),
            email: email.as_ref().map(ToString::to_string),
            phone: phone.as_ref().map(ToString::to_string),
            company: company.as_ref().map(ToString::to_string),
            metadata: record.metadata.clone(),
            identity_source: record.customer.identity_source,
            erasing: record.erasure.map(|erasure| ErasureObject {
                since: erasure.since.to_string(),
                deleted_conversations: erasure.conversations,
            }),
            created_at: record.created_at().to_string(),
            updated_at: record.updated_at.to_string(),
        }
    }
}
