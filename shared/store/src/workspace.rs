use deskless_domain::{Title, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::{StoreError, TenantStore, item};

/// A workspace, which is a tenant.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The id. Every key of the workspace's items starts with it.
    pub id: WorkspaceId,
    /// The display name.
    pub name: Title,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WorkspaceItem {
    pub id: WorkspaceId,
    pub name: Title,
}

impl TenantStore {
    /// AP-84: reads the workspace's name.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn workspace_name(&self) -> Result<Option<String>, StoreError> {
        let found = self.get_with(self.keys().workspace(), false).await?;
        found.map(|found| item::read::<WorkspaceItem>(found).map(|workspace| workspace.name.to_string())).transpose()
    }
}
