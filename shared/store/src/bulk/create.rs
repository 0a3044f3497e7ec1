use deskless_domain::{BulkAction, BulkJob, ConversationId};

use super::item::{self as bulk, ChunkItem, ListingItem, expires_at};
use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    idempotency::{Attempt, Attempts},
    item,
    transaction::Transaction,
};

impl TenantStore {
    /// AP-72: creates a bulk action, its entry in the list, and items for the ids of its later batches. The table's stream
    /// triggers its steps.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn create_bulk_job(
        &self,
        job: &BulkJob,
        chunks: Vec<Vec<ConversationId>>,
        key: Option<&IdempotencyKey>,
    ) -> Result<Once<BulkAction>, StoreError> {
        let id = job.action.id;
        let expires_at = expires_at(id);
        let mut transaction = Transaction::default();
        transaction.put_new(self, bulk::write(self.keys().bulk_action(id), job)?)?;
        transaction.put_new(self, item::write(self.keys().bulk_listing(id), &ListingItem { expires_at })?)?;
        for (number, ids) in (1..).zip(chunks) {
            let chunk = ChunkItem { ids, expires_at };
            transaction.put_new(self, item::write(self.keys().bulk_ids(id, number), &chunk)?)?;
        }
        match Attempts::new(self, key).commit(transaction, &job.action).await? {
            Attempt::Replayed(earlier) => Ok(Once::replay(earlier)),
            // The id is new, so after a failed condition an earlier attempt was committed and its response was lost.
            Attempt::Committed | Attempt::Failed(_) => Ok(Once::first(job.action.clone())),
        }
    }
}
