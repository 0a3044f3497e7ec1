use deskless_domain::{Automation, AutomationId, Execution, ExecutionId};

use super::item::{ids_of, read};
use crate::{StoreError, TenantStore, keys::TenantKeys};

/// One page of an automation's executions.
#[derive(Debug)]
pub struct ExecutionPage {
    /// The executions, newest first.
    pub executions: Vec<Execution>,
    /// The position of the next page; `None` on the last one.
    pub next: Option<ExecutionId>,
}

impl TenantStore {
    /// AP-87: lists an automation's executions, newest first, and reads the automation at the same time, strongly
    /// consistent.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such automation.
    pub async fn list_executions(
        &self,
        automation: AutomationId,
        before: Option<ExecutionId>,
        limit: usize,
    ) -> Result<ExecutionPage, StoreError> {
        let (_, page) = tokio::try_join!(
            self.get_resource::<Automation>(automation),
            self.query_executions(automation, before, limit)
        )?;
        Ok(page)
    }

    /// Reads one page of an automation's executions, newest first, strongly consistent.
    pub(crate) async fn query_executions(
        &self,
        automation: AutomationId,
        before: Option<ExecutionId>,
        limit: usize,
    ) -> Result<ExecutionPage, StoreError> {
        let range = TenantKeys::executions_before(before);
        // `BETWEEN` includes the execution before the page. One more than the limit shows whether there is another page.
        let query_limit = limit + 1 + usize::from(before.is_some());
        let output = self.newest_first(self.keys().executions(automation), range, query_limit).await?;
        let reached = output.last_evaluated_key().map(ids_of).transpose()?.map(|(_, id)| id);
        let found = output.items.unwrap_or_default().into_iter().map(read);
        let mut executions: Vec<Execution> = found.collect::<Result<_, _>>()?;
        executions.retain(|execution| Some(execution.id) != before);
        let is_full = executions.len() > limit;
        executions.truncate(limit);
        // After an expired execution there are only older ones.
        let next =
            if is_full { executions.last().map(|last| last.id) } else { reached.filter(|_| !executions.is_empty()) };
        Ok(ExecutionPage { executions, next })
    }
}
