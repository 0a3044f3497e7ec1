//! Claims on texts that are unique in a small collection, such as the email addresses of members. Archived resources have none.

use deskless_domain::{Collected, Existing, Identifier, MemberId, Resource};
use serde::Serialize;

use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::packed_id,
    item::{self, string},
    packed::{self, unpack},
    transaction::{FailedConditions, Transaction, WriteIndex},
};

/// The claim's item.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase", bound = "")]
struct ClaimItem<I: Identifier> {
    #[serde(with = "packed")]
    resource_id: I,
}

/// Returns the text that a resource claims.
fn claimed<T: Collected>(resource: &Resource<T>) -> Option<String> {
    resource.fields.unique_text().filter(|_| resource.archived_at.is_none())
}

impl TenantStore {
    /// Adds the claim of a new resource.
    pub(super) fn claim_text<T: Collected>(
        &self,
        transaction: &mut Transaction,
        resource: &Resource<T>,
    ) -> Result<Option<WriteIndex>, StoreError> {
        let Some(text) = claimed(resource) else { return Ok(None) };
        let item = ClaimItem { resource_id: resource.id };
        transaction.put_new(self, item::write(self.keys().resource_claim(T::KIND, &text), &item)?).map(Some)
    }

    /// Adds what an update does to the claim of a resource. Returns the write of the new claim.
    pub(super) fn move_claim<T: Collected>(
        &self,
        transaction: &mut Transaction,
        previous: &Resource<T>,
        next: &Resource<T>,
    ) -> Result<Option<WriteIndex>, StoreError> {
        let (before, after) = (claimed(previous), claimed(next));
        if before == after {
            return Ok(None);
        }
        if let Some(before) = before {
            let mut is_own = Condition::none();
            let owner = is_own.value(packed_id(previous.id));
            let is_own = is_own.and(format!("(attribute_not_exists(pk) OR resourceId = {owner})"));
            transaction.delete(self, self.keys().resource_claim(T::KIND, &before), is_own)?;
        }
        self.claim_text(transaction, next)
    }
}

/// Returns the error for a claim that another resource holds. Only members have claims.
pub(super) fn claim_conflict(claim: Option<WriteIndex>, failed: &FailedConditions) -> Option<StoreError> {
    let claim = claim.filter(|claim| failed.at(*claim))?;
    let holder = failed.existing(claim).and_then(|item| string(item, "resourceId")).and_then(unpack::<MemberId>);
    Some(StoreError::EmailExists(holder.map(Existing::Member)))
}
