use deskless_domain::{BulkAction, BulkJob, ConversationId};

use super::item::{self as bulk, ChunkItem, ListingItem, expires_at};
use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    idempotency::{Attempt, Attempts},
    item,
    transaction::Transaction,
};

impl TenantStore {
    /// AP-72: creates a bulk action, its place in the list, and rows for the ids of its later batches. From here on the
    /// table's stream drives its steps.
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
            // A failed condition: nobody else has this id, so an earlier attempt was committed and its answer lost.
            Attempt::Committed | Attempt::Failed(_) => Ok(Once::first(job.action.clone())),
        }
    }
}
