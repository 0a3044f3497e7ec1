use deskless_domain::{BulkAction, BulkJob, Precondition};

use super::item as bulk;
use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    condition::Condition,
    idempotency::{Attempt, Attempts},
    transaction::Transaction,
};

impl TenantStore {
    /// AP-74, AP-75: replaces a bulk action with its next version. Returns `None` if the stored version is not the previous
    /// one. The table's stream triggers the next step.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn update_bulk_job(
        &self,
        next: &BulkJob,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<Once<BulkAction>>, StoreError> {
        let unchanged = Condition::none().version(&Precondition::exactly(next.action.version - 1));
        let mut transaction = Transaction::default();
        transaction.put(self, bulk::write(self.keys().bulk_action(next.action.id), next)?, unchanged)?;
        match Attempts::new(self, key).commit(transaction, &next.action).await? {
            Attempt::Committed => Ok(Some(Once::first(next.action.clone()))),
            Attempt::Replayed(earlier) => Ok(Some(Once::replay(earlier))),
            Attempt::Failed(_) => Ok(None),
        }
    }
}
