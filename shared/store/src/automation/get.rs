use deskless_domain::{Automation, AutomationId, Execution, ExecutionId};

use super::item::read;
use crate::{StoreError, TenantStore, item::is_over};

impl TenantStore {
    /// AP-86: one run of an automation that is there, read strongly.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such automation or that has no such run, or not any more.
    pub async fn get_execution(&self, automation: AutomationId, id: ExecutionId) -> Result<Execution, StoreError> {
        let (_, found) =
            tokio::try_join!(self.get_resource::<Automation>(automation), self.find_execution(automation, id))?;
        found.ok_or(StoreError::NotFound)
    }

    pub(super) async fn find_execution(
        &self,
        automation: AutomationId,
        id: ExecutionId,
    ) -> Result<Option<Execution>, StoreError> {
        let found = self.get(self.keys().execution(automation, id)).await?;
        found.filter(|found| !is_over(found, self.clock().now())).map(read).transpose()
    }
}
