//! Stalled jobs: the stream has delivered the record of their step too often without success, and does not deliver it
//! again.

use deskless_domain::{Automation, AutomationId, BulkActionId, ExecutionId, Timestamp};

use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number},
    keys::Key,
};

/// The maximum number of items on one page.
const PAGE: usize = 100;

/// A job with work left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenJob {
    /// A bulk action.
    Bulk(BulkActionId),
    /// An execution of an automation.
    Execution(AutomationId, ExecutionId),
}

impl TenantStore {
    /// AP-77: finds the jobs of the workspace that were created before this time and have work left. It reads all pages of
    /// AP-73, AP-19 and AP-87.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_open_jobs(&self, before: Timestamp) -> Result<Vec<OpenJob>, StoreError> {
        let mut jobs = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.list_bulk_actions(cursor, PAGE).await?;
            let open = page.actions.iter().filter(|action| action.finished_at.is_none() && action.id.time() < before);
            jobs.extend(open.map(|action| OpenJob::Bulk(action.id)));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        let mut cursor = None;
        loop {
            let page = self.list_resources::<Automation>(cursor, PAGE).await?;
            for automation in &page.resources {
                jobs.extend(self.list_open_executions(automation.id, before).await?);
            }
            cursor = page.next;
            if cursor.is_none() {
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
        let mut cursor = None;
        loop {
            let page = self.query_executions(automation, cursor, PAGE).await?;
            let open = page
                .executions
                .iter()
                .filter(|execution| execution.has_steps_left() && execution.created_at() < before);
            jobs.extend(open.map(|execution| OpenJob::Execution(automation, execution.id)));
            cursor = page.next;
            if cursor.is_none() {
                return Ok(jobs);
            }
        }
    }

    /// AP-77: writes a job's item once, so that the stream triggers its next step again. A running job takes no step twice,
    /// because steps are idempotent. Returns whether the job has work left.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn retrigger_job(&self, job: OpenJob) -> Result<bool, StoreError> {
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
