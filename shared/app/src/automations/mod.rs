//! Automations: save, run by hand, trigger by events, and take a run's steps.

mod run;
mod save;
mod step;
mod trigger;

use deskless_domain::{AutomationId, Execution, ExecutionId};
use deskless_store::{ExecutionPage, TenantStore};

pub use run::{RunAutomation, run};
pub use save::{CreateAutomation, SavedAutomation, UpdateAutomation, create, update};
pub use step::{WebhookCall, WebhookCaller, run_step};
pub use trigger::trigger;

use crate::AppError;

/// Reads a run of an automation.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such automation or run.
pub async fn get_execution(
    store: &TenantStore,
    automation: AutomationId,
    id: ExecutionId,
) -> Result<Execution, AppError> {
    Ok(store.get_execution(automation, id).await?)
}

/// Lists the runs of an automation of the last 30 days, newest first.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such automation.
pub async fn list_executions(
    store: &TenantStore,
    automation: AutomationId,
    before: Option<ExecutionId>,
    limit: usize,
) -> Result<ExecutionPage, AppError> {
    Ok(store.list_executions(automation, before, limit).await?)
}
