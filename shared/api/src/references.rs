//! What a conversation refers to: whether it may, and what it is called.

use deskless_domain::{Edit, Invalid, Kind, Placement, PlacementPatch};
use deskless_store::{Directory, DirectoryEntry, StoreError, TenantStore};

use crate::{FieldError, InvalidRequest, Problem};

const KINDS: [Kind; 4] = [Kind::Inbox, Kind::Member, Kind::Assistant, Kind::Pipeline];

/// The names that these conversations need, which are read if any of them refers to anything.
///
/// # Errors
/// When the table does not answer.
pub async fn names<'p>(
    store: &TenantStore,
    placements: impl IntoIterator<Item = &'p Placement> + Clone,
) -> Result<Directory, StoreError> {
    let kinds: Vec<_> = KINDS
        .into_iter()
        .filter(|&kind| placements.clone().into_iter().any(|placement| refers(placement, kind)))
        .collect();
    let known = store.directory(&kinds).await?;
    if placements.into_iter().all(|placement| knows(&known, placement)) {
        return Ok(known);
    }
    // Something is newer than what this process remembers.
    store.fresh_directory(&kinds).await
}

/// All names, for an answer that is put together before it is known what it refers to.
///
/// # Errors
/// When the table does not answer.
pub async fn all_names(store: &TenantStore) -> Result<Directory, StoreError> {
    store.directory(&KINDS).await
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

/// Checks that everything that is named is there and not archived, and keeps a stage together with its pipeline: a
/// stage brings its pipeline with it, and another pipeline takes the stage away.
///
/// # Errors
/// Every field that names nothing, or a stage of another pipeline.
pub async fn check(store: &TenantStore, patch: PlacementPatch) -> Result<PlacementPatch, Problem> {
    check_at(store, patch, "").await
}

/// The same for fields that stand somewhere in a body: `at` is put in front of their names, such as `actions[2].`.
///
/// # Errors
/// Every field that names nothing, or a stage of another pipeline.
pub async fn check_at(store: &TenantStore, mut patch: PlacementPatch, at: &str) -> Result<PlacementPatch, Problem> {
    let said = |kind| match kind {
        Kind::Inbox => patch.inbox_id.value().is_some(),
        Kind::Member => patch.assignee_id.value().is_some(),
        Kind::Assistant => patch.assistant_id.value().is_some(),
        Kind::Pipeline => patch.pipeline_id.value().is_some() || patch.stage_id.value().is_some(),
        Kind::View | Kind::PredefinedMessage | Kind::Automation => false,
    };
    let kinds: Vec<_> = KINDS.into_iter().filter(|&kind| said(kind)).collect();
    let mut names = store.directory(&kinds).await?;
    let mut wrong = missing(&names, &patch, at);
    if !wrong.is_empty() {
        names = store.fresh_directory(&kinds).await?;
        wrong = missing(&names, &patch, at);
    }
    let pipeline_of_stage = patch.stage_id.value().and_then(|&stage| names.stage(stage)).map(|(pipeline, _)| pipeline);
    match (patch.pipeline_id, patch.stage_id) {
        (Edit::Keep, Edit::Set(_)) => patch.pipeline_id = pipeline_of_stage.map_or(Edit::Keep, Edit::Set),
        (Edit::Set(pipeline), Edit::Set(_)) if pipeline_of_stage.is_none_or(|of| of == pipeline) => {}
        (Edit::Set(_) | Edit::Clear, Edit::Set(_)) => {
            let elsewhere = Invalid::new("invalid", "must be a stage of the pipelineId beside it");
            wrong.extend(InvalidRequest::one(format!("{at}stageId"), &elsewhere).0);
        }
        (Edit::Set(_) | Edit::Clear, Edit::Keep) => patch.stage_id = Edit::Clear,
        _ => {}
    }
    if wrong.is_empty() { Ok(patch) } else { Err(InvalidRequest(wrong).into()) }
}

fn missing(names: &Directory, patch: &PlacementPatch, at: &str) -> Vec<FieldError> {
    fn look<T: Copy>(edit: Edit<T>, find: impl Fn(T) -> Option<bool>) -> Option<&'static str> {
        match edit.value().map(|&id| find(id)) {
            Some(None) => Some("names nothing in this workspace"),
            Some(Some(true)) => Some("names something that was archived and cannot be chosen any more"),
            _ => None,
        }
    }
    let archived = |entry: &DirectoryEntry| entry.archived;
    [
        ("inboxId", look(patch.inbox_id, |id| names.inbox(id).map(archived))),
        ("assigneeId", look(patch.assignee_id, |id| names.member(id).map(archived))),
        ("assistantId", look(patch.assistant_id, |id| names.assistant(id).map(archived))),
        ("pipelineId", look(patch.pipeline_id, |id| names.pipeline(id).map(archived))),
        ("stageId", look(patch.stage_id, |id| names.stage(id).map(|(_, entry)| entry.archived))),
    ]
    .into_iter()
    .filter_map(|(field, wrong)| wrong.map(|message| (field, Invalid::new("not_found", message))))
    .flat_map(|(field, invalid)| InvalidRequest::one(format!("{at}{field}"), &invalid).0)
    .collect()
}
