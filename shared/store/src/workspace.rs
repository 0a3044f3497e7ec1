use deskless_domain::{Title, WorkspaceId};
use serde::{Deserialize, Serialize};

/// A tenant, as the operator sees it.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// Its id: every key of its items starts with it.
    pub id: WorkspaceId,
    /// What the operator calls it.
    pub name: Title,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct WorkspaceItem {
    pub id: WorkspaceId,
    pub name: Title,
}
