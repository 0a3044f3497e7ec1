//! Bulk actions: create, take steps, cancel, get, list.

mod cancel;
mod create;
mod dry_run;
mod next_batch;
mod step;

use deskless_domain::{Action, BulkAction, BulkActionId, FieldChange, PlacementPatch};
use deskless_store::{BulkActionPage, IdempotencyKey, TenantStore};

pub use cancel::cancel;
pub use create::{CreateBulkAction, Target, create};
pub use step::{StepOutcome, run_step, run_within};

use crate::{AppError, references};

/// Returns a bulk action.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn get(store: &TenantStore, id: BulkActionId) -> Result<BulkAction, AppError> {
    Ok(store.find_bulk_job(id).await?.ok_or(AppError::NotFound)?.action)
}

/// Returns the bulk action that an earlier request with this idempotency key created, as it is now.
///
/// # Errors
/// [`AppError::IdempotencyKeyReused`].
pub async fn earlier(store: &TenantStore, key: Option<&IdempotencyKey>) -> Result<Option<BulkAction>, AppError> {
    match store.replay::<BulkAction>(key).await? {
        Some(created) => get(store, created.id).await.map(Some),
        None => Ok(None),
    }
}

/// Lists bulk actions, newest first.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list(store: &TenantStore, after: Option<BulkActionId>, limit: usize) -> Result<BulkActionPage, AppError> {
    Ok(store.list_bulk_actions(after, limit).await?)
}

/// Checks that the resources that an action refers to exist and are not archived.
pub(crate) async fn check_action(store: &TenantStore, action: &Action) -> Result<(), AppError> {
    let mut placement = PlacementPatch::default();
    match action {
        Action::Assign(member) => placement.assignee_id = FieldChange::from(*member),
        Action::AssignAssistant(assistant) => placement.assistant_id = FieldChange::from(*assistant),
        Action::Move { pipeline, stage } => {
            placement.pipeline_id = FieldChange::Set(*pipeline);
            placement.stage_id = FieldChange::Set(*stage);
        }
        Action::UpdateStatus(_) | Action::Tag(_) | Action::Delete { .. } => return Ok(()),
    }
    references::resolve(store, placement).await.map(drop)
}
