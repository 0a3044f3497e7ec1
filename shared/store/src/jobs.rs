//! Jobs that stand still: the stream has told of their last step too often in vain, and does not do so again.

use deskless_domain::{Automation, AutomationId, BulkActionId, ExecutionId, Timestamp};

use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number},
    keys::Key,
};

/// The most rows that one page has.
const PAGE: usize = 100;

/// A job with work left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenJob {
    /// A bulk action.
    Bulk(BulkActionId),
    /// A run of an automation.
    Execution(AutomationId, ExecutionId),
}

impl TenantStore {
    /// AP-77: the workspace's jobs that began before this moment and have work left.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn list_open_jobs(&self, before: Timestamp) -> Result<Vec<OpenJob>, StoreError> {
        let mut jobs = Vec::new();
        let mut after = None;
        loop {
            let page = self.list_bulk_actions(after, PAGE).await?;
            let open = page.actions.iter().filter(|action| action.finished_at.is_none() && action.id.time() < before);
            jobs.extend(open.map(|action| OpenJob::Bulk(action.id)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut reached = None;
        loop {
            let page = self.list_resources::<Automation>(reached, PAGE).await?;
            for automation in &page.resources {
                jobs.extend(self.list_open_executions(automation.id, before).await?);
            }
            reached = page.next;
            if reached.is_none() {
                return Ok(jobs);
            }
        }
    }

    async fn list_open_executions(
        &self,
        automation: AutomationId,
        before: Timestamp,
    ) -> Result<Vec<OpenJob>, StoreError> {
        let mut jobs = Vec::new();
        let mut reached = None;
        loop {
            let page = self.query_executions(automation, reached, PAGE).await?;
            let open = page.executions.iter().filter(|run| !run.is_over() && run.created_at() < before);
            jobs.extend(open.map(|run| OpenJob::Execution(automation, run.id)));
            reached = page.next;
            if reached.is_none() {
                return Ok(jobs);
            }
        }
    }

    /// AP-77: has the stream tell once more what a job's next step is. One that is under way takes no step twice for it.
    /// Gives whether there is work left.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn call_for(&self, job: OpenJob) -> Result<bool, StoreError> {
        let mut update = Update::default();
        update.set("calledAt", number(self.clock().now().as_millis()));
        self.update_if(self.key_of(job), update, Condition::none().present("job")).await
    }

    fn key_of(&self, job: OpenJob) -> Key {
        match job {
            OpenJob::Bulk(id) => self.keys().bulk_action(id),
            OpenJob::Execution(automation, id) => self.keys().execution(automation, id),
        }
    }
}
