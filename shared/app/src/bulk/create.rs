use std::ops::ControlFlow;

use deskless_domain::{
    Action, BulkAction, BulkActionId, BulkJob, BulkSelection, ConversationFilter, ConversationIds, KeyId,
    NewBulkAction, ViewId,
};
use deskless_store::{IdempotencyKey, Once, TenantStore};

use super::{check_action, dry_run::dry_run};
use crate::{AppError, conversations::view_filter, replay::unless_replayed};

/// A command to create a bulk action.
#[derive(Debug, Clone)]
pub struct CreateBulkAction {
    /// The action.
    pub action: Action,
    /// The conversations it applies to.
    pub target: Target,
    /// Whether to only count the conversations.
    pub dry_run: bool,
    /// The API key of the caller.
    pub key: KeyId,
}

impl CreateBulkAction {
    /// Whether the action is run before the response: at most 100 ids, and no dry run.
    #[must_use]
    pub fn is_small(&self) -> bool {
        let is_small = matches!(&self.target, Target::Ids(ids) if ids.as_slice().len() <= BulkAction::AT_ONCE);
        is_small && !self.dry_run
    }
}

/// The conversations that a bulk action applies to.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "there is one per request")]
pub enum Target {
    /// These conversations.
    Ids(ConversationIds),
    /// Those that match a filter.
    Filter(ConversationFilter),
    /// Those in a saved view.
    View(ViewId),
}

/// AP-72: Creates a bulk action. Its steps are taken by [`super::run_within`] and by the jobs worker, whichever is first. A dry run
/// is counted here and has finished when this returns.
///
/// # Errors
/// [`AppError::Invalid`] for references that do not exist; [`AppError::IdempotencyKeyReused`].
pub async fn create(
    store: &TenantStore,
    command: CreateBulkAction,
    key: Option<&IdempotencyKey>,
) -> Result<Once<BulkAction>, AppError> {
    let new = match unless_replayed(store, key, resolve(store, command).await).await? {
        ControlFlow::Continue(new) => new,
        ControlFlow::Break(earlier) => return Ok(earlier),
    };
    if let Some(earlier) = store.replay(key).await? {
        return Ok(Once::replay(earlier));
    }
    let counted = if new.dry_run { Some(dry_run(store, &new).await?) } else { None };
    let (mut job, chunks) = BulkJob::new(BulkActionId::generate(store.clock()), new);
    if let Some(counted) = counted {
        job = job.after_dry_run(counted);
    }
    Ok(store.create_bulk_job(&job, chunks, key).await?)
}

async fn resolve(store: &TenantStore, command: CreateBulkAction) -> Result<NewBulkAction, AppError> {
    let CreateBulkAction { action, target, dry_run, key } = command;
    check_action(store, &action).await?;
    let selection = match target {
        Target::Ids(ids) => BulkSelection::Ids(ids),
        Target::Filter(filter) => BulkSelection::Filter(filter),
        Target::View(view) => BulkSelection::View(view, view_filter(store, view).await?),
    };
    Ok(NewBulkAction { action, selection, dry_run, key })
}
