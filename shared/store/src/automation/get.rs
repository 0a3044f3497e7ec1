use deskless_domain::{Automation, AutomationId, Execution, ExecutionId};

use super::item::read;
use crate::{StoreError, TenantStore, item::is_expired};

impl TenantStore {
    /// AP-86: reads one execution and its automation, strongly consistent.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such automation, or it has no such execution.
    pub async fn get_execution(&self, automation: AutomationId, id: ExecutionId) -> Result<Execution, StoreError> {
        let (_, found) =
            tokio::try_join!(self.get_resource::<Automation>(automation), self.find_execution(automation, id))?;
        found.ok_or(StoreError::NotFound)
    }

    /// AP-86: reads one execution, strongly consistent. Returns `None` if there is none, or it has expired.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn find_execution(
        &self,
        automation: AutomationId,
        id: ExecutionId,
    ) -> Result<Option<Execution>, StoreError> {
        let found = self.get(self.keys().execution(automation, id)).await?;
        found.filter(|found| !is_expired(found, self.clock().now())).map(read).transpose()
    }
}
