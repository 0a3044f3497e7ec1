//! Automations: create, update, run, trigger by events, and take the steps of executions.

mod of_key;
mod retry;
mod run;
mod save;
mod step;
mod trigger;
mod webhook;

use deskless_domain::{AutomationId, Execution, ExecutionId};
use deskless_store::{ExecutionPage, TenantStore};

pub use of_key::{disable_all_of, list};
pub use retry::{abandon_calls, retry_call};
pub use run::{RunAutomation, run};
pub use save::{CreateAutomation, SavedAutomation, UpdateAutomation, create, update};
pub use step::run_step;
pub use trigger::{load, trigger};
pub use webhook::{WebhookCall, Webhooks};

use crate::AppError;

/// Returns an execution of an automation.
///
/// # Errors
/// [`AppError::NotFound`] when there is no such automation or execution.
pub async fn get_execution(
    store: &TenantStore,
    automation: AutomationId,
    id: ExecutionId,
) -> Result<Execution, AppError> {
    Ok(store.get_execution(automation, id).await?)
}

/// Lists the executions of an automation of the last 30 days, newest first.
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
