//! What a command refers to: whether it exists and may be chosen, and what it is called.

use deskless_domain::{
    Assigned, ConversationFilter, Field, FieldChange, Invalid, InvalidField, Kind, Placement, PlacementPatch,
};
use deskless_store::{Directory, DirectoryEntry, StoreError, TenantStore};

use crate::AppError;

const KINDS: [Kind; 4] = [Kind::Inbox, Kind::Member, Kind::Assistant, Kind::Pipeline];

/// Reads the names of what these conversations refer to. Nothing is read where they refer to nothing.
pub(crate) async fn names<'p>(
    store: &TenantStore,
    placements: impl IntoIterator<Item = &'p Placement> + Clone,
) -> Result<Directory, StoreError> {
    let refers_to = |kind| placements.clone().into_iter().any(|placement| refers(placement, kind));
    let kinds: Vec<_> = KINDS.into_iter().filter(|&kind| refers_to(kind)).collect();
    let known = store.directory(&kinds).await?;
    if placements.into_iter().all(|placement| knows(&known, placement)) {
        return Ok(known);
    }
    // Something is newer than what this process has cached.
    store.fresh_directory(&kinds).await
}

fn refers(placement: &Placement, kind: Kind) -> bool {
    match kind {
        Kind::Inbox => placement.inbox_id.is_some(),
        Kind::Member => placement.assignee_id.is_some(),
        Kind::Assistant => placement.assistant_id.is_some(),
        Kind::Pipeline => placement.stage_id.is_some(),
        Kind::View | Kind::PredefinedMessage | Kind::Automation => false,
    }
}

fn knows(names: &Directory, placement: &Placement) -> bool {
    placement.inbox_id.is_none_or(|id| names.inbox(id).is_some())
        && placement.assignee_id.is_none_or(|id| names.member(id).is_some())
        && placement.assistant_id.is_none_or(|id| names.assistant(id).is_some())
        && placement.stage_id.is_none_or(|id| names.stage(id).is_some())
}

/// Checks that everything that a placement refers to exists and is not archived, and keeps a stage together with its
/// pipeline: a stage brings its pipeline with it, and another pipeline removes the stage.
pub(crate) async fn resolve(store: &TenantStore, mut patch: PlacementPatch) -> Result<PlacementPatch, AppError> {
    let names = names_for(store, &patch).await?;
    let mut wrong = missing(&names, &patch);
    let pipeline_of_stage = patch.stage_id.value().and_then(|&stage| names.stage(stage)).map(|(pipeline, _)| pipeline);
    match (patch.pipeline_id, patch.stage_id) {
        (FieldChange::Keep, FieldChange::Set(_)) => {
            patch.pipeline_id = pipeline_of_stage.map_or(FieldChange::Keep, FieldChange::Set);
        }
        (FieldChange::Set(pipeline), FieldChange::Set(_)) if pipeline_of_stage.is_none_or(|of| of == pipeline) => {}
        (FieldChange::Set(_) | FieldChange::Clear, FieldChange::Set(_)) => {
            let elsewhere = Invalid::new("invalid", "must be a stage of the given pipeline");
            wrong.push(InvalidField::new(Field::Stage, elsewhere));
        }
        (FieldChange::Set(_) | FieldChange::Clear, FieldChange::Keep) => patch.stage_id = FieldChange::Clear,
        _ => {}
    }
    if wrong.is_empty() { Ok(patch) } else { Err(AppError::Invalid(wrong)) }
}

/// Checks that everything that a filter refers to exists and is not archived.
pub(crate) async fn check_filter(store: &TenantStore, filter: &ConversationFilter) -> Result<(), AppError> {
    fn set<T: Copy>(id: Option<T>) -> FieldChange<T> {
        id.map_or(FieldChange::Keep, FieldChange::Set)
    }
    fn assigned<T: Copy>(who: Option<Assigned<T>>) -> FieldChange<T> {
        match who {
            Some(Assigned::To(id)) => FieldChange::Set(id),
            Some(Assigned::None) | None => FieldChange::Keep,
        }
    }
    let referred = PlacementPatch {
        inbox_id: set(filter.inbox_id),
        assignee_id: assigned(filter.assignee_id),
        assistant_id: assigned(filter.assistant_id),
        pipeline_id: set(filter.pipeline_id),
        stage_id: set(filter.stage_id),
    };
    resolve(store, referred).await.map(drop)
}

/// Reads the directory of what a placement refers to, again and strongly if anything is missing from the cached one.
async fn names_for(store: &TenantStore, patch: &PlacementPatch) -> Result<Directory, StoreError> {
    let sets = |kind| match kind {
        Kind::Inbox => patch.inbox_id.value().is_some(),
        Kind::Member => patch.assignee_id.value().is_some(),
        Kind::Assistant => patch.assistant_id.value().is_some(),
        Kind::Pipeline => patch.pipeline_id.value().is_some() || patch.stage_id.value().is_some(),
        Kind::View | Kind::PredefinedMessage | Kind::Automation => false,
    };
    let kinds: Vec<_> = KINDS.into_iter().filter(|&kind| sets(kind)).collect();
    let cached = store.directory(&kinds).await?;
    if missing(&cached, patch).is_empty() { Ok(cached) } else { store.fresh_directory(&kinds).await }
}

fn missing(names: &Directory, patch: &PlacementPatch) -> Vec<InvalidField> {
    fn problem<T: Copy>(what: &str, edit: FieldChange<T>, find: impl Fn(T) -> Option<bool>) -> Option<Invalid> {
        let message = match edit.value().map(|&id| find(id))? {
            None => format!("must be the id of an existing {what}"),
            Some(true) => format!("must be the id of {what} that is not archived", what = with_article(what)),
            Some(false) => return None,
        };
        Some(Invalid::new("not_found", message))
    }
    let archived = |entry: &DirectoryEntry| entry.archived;
    let checks = [
        (Field::Inbox, problem("inbox", patch.inbox_id, |id| names.inbox(id).map(archived))),
        (Field::Assignee, problem("member", patch.assignee_id, |id| names.member(id).map(archived))),
        (Field::Assistant, problem("assistant", patch.assistant_id, |id| names.assistant(id).map(archived))),
        (Field::Pipeline, problem("pipeline", patch.pipeline_id, |id| names.pipeline(id).map(archived))),
        (Field::Stage, problem("stage", patch.stage_id, |id| names.stage(id).map(|(_, entry)| entry.archived))),
    ];
    let problems = checks.into_iter().filter_map(|(field, invalid)| Some(InvalidField::new(field, invalid?)));
    problems.collect()
}

fn with_article(what: &str) -> String {
    let article = if what.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {what}")
}
