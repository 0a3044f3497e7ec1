use deskless_domain::{BulkActionId, BulkJob, ConversationId};

use super::item::{self as bulk, ChunkItem};
use crate::{StoreError, TenantStore, item};

impl TenantStore {
    /// AP-71: reads one bulk action, strongly consistent. Returns `None` if there is none, or it has expired.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn find_bulk_job(&self, id: BulkActionId) -> Result<Option<BulkJob>, StoreError> {
        let Some(found) = self.get(self.keys().bulk_action(id)).await? else { return Ok(None) };
        bulk::read(found, self.clock().now())
    }

    /// AP-75: reads one chunk of the ids for a bulk action's later batches.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when the chunk is missing.
    pub async fn bulk_chunk(&self, id: BulkActionId, number: u8) -> Result<Vec<ConversationId>, StoreError> {
        let missing = || StoreError::Internal("a chunk of ids of a bulk action is missing".to_owned());
        let found = self.get(self.keys().bulk_ids(id, number)).await?.ok_or_else(missing)?;
        let ChunkItem { ids, .. } = item::read(found)?;
        Ok(ids)
    }
}
