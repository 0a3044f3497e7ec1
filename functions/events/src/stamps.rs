//! The stamps of the workspaces of a batch.

use std::collections::{BTreeMap, BTreeSet};

use deskless_app::{ChangeFeed, Image, Stamp, TenantStore, events};
use deskless_domain::WorkspaceId;
use deskless_runtime::batch::Batch;
use futures_util::future::join_all;

/// The stamp of each workspace of a batch, read once. After an error, a workspace has none.
pub(crate) struct Stamps(BTreeMap<WorkspaceId, (TenantStore, Stamp)>);

impl Stamps {
    /// Reads the stamps of the workspaces of these records. All changes of the batch were committed before.
    pub async fn read(batch: &Batch, keys: impl Iterator<Item = &Image>) -> Self {
        let workspaces: BTreeSet<_> = keys.filter_map(ChangeFeed::workspace_of).collect();
        let read = |workspace| async move {
            let tenant = batch.feed().open(workspace).await.ok()??;
            let stamp = events::stamp(&tenant).await.ok()?;
            Some((workspace, (tenant, stamp)))
        };
        Self(join_all(workspaces.into_iter().map(read)).await.into_iter().flatten().collect())
    }

    /// Returns the store of a workspace and its stamp.
    pub fn get(&self, workspace: WorkspaceId) -> Option<&(TenantStore, Stamp)> {
        self.0.get(&workspace)
    }
}
