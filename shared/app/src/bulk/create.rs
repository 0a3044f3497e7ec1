use std::ops::ControlFlow;

use deskless_domain::{
    Action, BulkAction, BulkActionId, BulkJob, BulkSelection, ConversationFilter, ConversationIds, Field, Invalid,
    InvalidField, KeyId, NewBulkAction, ViewId,
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
    /// Whether it is meant for every conversation, which a target without a filter requires.
    pub all: bool,
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
/// [`AppError::Invalid`] for references that do not exist and for an email address of too many customers; [`AppError::IdempotencyKeyReused`].
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
    let CreateBulkAction { action, target, all, dry_run, key } = command;
    check_action(store, &action).await?;
    let selection = match target {
        Target::Ids(ids) => BulkSelection::Ids(ids),
        Target::Filter(filter) => BulkSelection::Filter(filter),
        Target::View(view) => BulkSelection::View(view, view_filter(store, view).await?),
    };
    check_all(all, &selection)?;
    check_emails(store, &selection).await?;
    Ok(NewBulkAction { action, selection, dry_run, key })
}

/// Checks that the filter can be evaluated: an email address of too many customers cannot.
async fn check_emails(store: &TenantStore, selection: &BulkSelection) -> Result<(), AppError> {
    let (BulkSelection::Filter(filter) | BulkSelection::View(_, filter)) = selection else { return Ok(()) };
    let resolved = store.resolve_emails(std::slice::from_ref(filter)).await;
    let Err(error) = resolved.map_err(AppError::from) else { return Ok(()) };
    Err(match (selection, error) {
        (BulkSelection::View(..), AppError::Invalid(fields)) => {
            let of_view = |InvalidField { invalid: Invalid { code, message }, .. }| {
                let message = format!("must be another view: the `customerEmail` of its filter {message}");
                InvalidField::new(Field::View, Invalid::new(code, message))
            };
            AppError::Invalid(fields.into_iter().map(of_view).collect())
        }
        (_, error) => error.within(Field::Filter),
    })
}

/// Checks that a bulk action on every conversation is meant. An empty filter is often a mistake of the caller.
fn check_all(all: bool, selection: &BulkSelection) -> Result<(), AppError> {
    let is_all = match selection {
        BulkSelection::Ids(_) => false,
        BulkSelection::Filter(filter) | BulkSelection::View(_, filter) => filter.is_empty(),
    };
    let refuse = |code, message| Err(AppError::invalid(Field::All, Invalid::new(code, message)));
    match (is_all, all) {
        (true, false) => refuse(
            "required",
            "must be `true`, because the filter is empty and matches every conversation. Add a filter, or send `all`",
        ),
        (false, true) => refuse("invalid", "must not be `true`, because the target does not match every conversation"),
        _ => Ok(()),
    }
}
