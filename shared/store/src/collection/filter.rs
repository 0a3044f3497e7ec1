use deskless_domain::{ConversationFilter, View, ViewId};

use crate::{StoreError, TenantStore};

impl TenantStore {
    /// AP-16: the filter of a view.
    ///
    /// # Errors
    /// [`StoreError::NoSuchReference`] of `viewId` when the workspace has no such view.
    pub async fn view_filter(&self, id: ViewId) -> Result<ConversationFilter, StoreError> {
        match self.get_resource::<View>(id).await {
            Ok(view) => Ok(view.fields.filter),
            Err(StoreError::NotFound) => Err(StoreError::NoSuchReference("viewId")),
            Err(error) => Err(error),
        }
    }
}
