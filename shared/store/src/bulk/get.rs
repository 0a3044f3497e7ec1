use deskless_domain::{BulkAction, BulkActionId};

use crate::{StoreError, TenantStore};

impl TenantStore {
    /// AP-71: one bulk action, read strongly.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such action, or has it no more.
    pub async fn get_bulk_action(&self, id: BulkActionId) -> Result<BulkAction, StoreError> {
        Ok(self.bulk_item(id).await?.ok_or(StoreError::NotFound)?.into_action(id))
    }
}
