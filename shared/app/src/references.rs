//! The references of commands and conversations: checks that resources exist and are not archived, and returns their names.

use deskless_domain::{
    Assigned, ConversationFilter, Field, FieldChange, Invalid, InvalidField, Kind, Placement, PlacementPatch,
};
use deskless_store::{Directory, DirectoryEntry, StoreError, TenantStore};

use crate::AppError;

const KINDS: [Kind; 4] = [Kind::Inbox, Kind::Member, Kind::Assistant, Kind::Pipeline];

/// Returns the names of the resources that these conversations refer to. Reads nothing if they have no references.
pub(crate) async fn names<'p>(
    store: &TenantStore,
    placements: impl IntoIterator<Item = &'p Placement> + Clone,
) -> Result<Directory, StoreError> {
    let refers_to = |kind| placements.clone().into_iter().any(|placement| refers(placement, kind));
    let kinds: Vec<_> = KINDS.into_iter().filter(|&kind| refers_to(kind)).collect();
    let cached = store.directory(&kinds).await?;
    if placements.into_iter().all(|placement| has_names(&cached, placement)) {
        return Ok(cached);
    }
    // A resource is newer than the cached names.
    store.fresh_directory(&kinds).await
}

fn refers(placement: &Placement, kind: Kind) -> bool {
    match kind {
        Kind::Inbox => placement.inbox_id.is_some(),
        Kind::Member => placement.assignee_id.is_some(),
        Kind::Assistant => placement.assistant_id.is_some(),
        Kind::Pipeline => placement.stage_id.is_some(),
        Kind::View | Kind::PredefinedMessage | Kind::Automation | Kind::WebhookEndpoint => false,
    }
}

fn has_names(names: &Directory, placement: &Placement) -> bool {
    placement.inbox_id.is_none_or(|id| names.inbox(id).is_some())
        && placement.assignee_id.is_none_or(|id| names.member(id).is_some())
        && placement.assistant_id.is_none_or(|id| names.assistant(id).is_some())
        && placement.stage_id.is_none_or(|id| names.stage(id).is_some())
}

/// Checks that the resources of a placement exist and are not archived, and keeps the stage and the pipeline consistent: a stage sets
/// its pipeline, and a pipeline alone clears the stage.
pub(crate) async fn resolve(store: &TenantStore, mut patch: PlacementPatch) -> Result<PlacementPatch, AppError> {
    let names = names_for(store, &patch).await?;
    let mut invalid = invalid_references(&names, &patch);
    let pipeline_of_stage = patch.stage_id.value().and_then(|&stage| names.stage(stage)).map(|(pipeline, _)| pipeline);
    match (patch.pipeline_id, patch.stage_id) {
        (FieldChange::Keep, FieldChange::Set(_)) => {
            patch.pipeline_id = pipeline_of_stage.map_or(FieldChange::Keep, FieldChange::Set);
        }
        (FieldChange::Set(pipeline), FieldChange::Set(_)) if pipeline_of_stage.is_none_or(|id| id == pipeline) => {}
        (FieldChange::Set(_) | FieldChange::Clear, FieldChange::Set(_)) => {
            let other_pipeline = Invalid::new("invalid", "must be a stage of the given pipeline");
            invalid.push(InvalidField::new(Field::Stage, other_pipeline));
        }
        (FieldChange::Set(_) | FieldChange::Clear, FieldChange::Keep) => patch.stage_id = FieldChange::Clear,
        _ => {}
    }
    if invalid.is_empty() { Ok(patch) } else { Err(AppError::Invalid(invalid)) }
}

/// Checks that the resources that a filter refers to exist and are not archived.
pub(crate) async fn check_filter(store: &TenantStore, filter: &ConversationFilter) -> Result<(), AppError> {
    fn set<T: Copy>(id: Option<T>) -> FieldChange<T> {
        id.map_or(FieldChange::Keep, FieldChange::Set)
    }
    fn assigned<T: Copy>(filter: Option<Assigned<T>>) -> FieldChange<T> {
        match filter {
            Some(Assigned::To(id)) => FieldChange::Set(id),
            Some(Assigned::None) | None => FieldChange::Keep,
        }
    }
    let references = PlacementPatch {
        inbox_id: set(filter.inbox_id),
        assignee_id: assigned(filter.assignee_id),
        assistant_id: assigned(filter.assistant_id),
        pipeline_id: set(filter.pipeline_id),
        stage_id: set(filter.stage_id),
    };
    resolve(store, references).await.map(drop)
}

/// Returns the names of the resources of a placement. Reads them again, strongly consistent, if one is not in the cache.
async fn names_for(store: &TenantStore, patch: &PlacementPatch) -> Result<Directory, StoreError> {
    let sets = |kind| match kind {
        Kind::Inbox => patch.inbox_id.value().is_some(),
        Kind::Member => patch.assignee_id.value().is_some(),
        Kind::Assistant => patch.assistant_id.value().is_some(),
        Kind::Pipeline => patch.pipeline_id.value().is_some() || patch.stage_id.value().is_some(),
        Kind::View | Kind::PredefinedMessage | Kind::Automation | Kind::WebhookEndpoint => false,
    };
    let kinds: Vec<_> = KINDS.into_iter().filter(|&kind| sets(kind)).collect();
    let cached = store.directory(&kinds).await?;
    if invalid_references(&cached, patch).is_empty() { Ok(cached) } else { store.fresh_directory(&kinds).await }
}

/// Returns an error for each resource of a placement that does not exist or is archived.
fn invalid_references(names: &Directory, patch: &PlacementPatch) -> Vec<InvalidField> {
    fn check<T: Copy>(resource: &str, change: FieldChange<T>, find: impl Fn(T) -> Option<bool>) -> Option<Invalid> {
        let message = match change.value().map(|&id| find(id))? {
            None => format!("must be the id of an existing {resource}"),
            Some(true) => format!("must be the id of {} that is not archived", with_article(resource)),
            Some(false) => return None,
        };
        Some(Invalid::new("not_found", message))
    }
    let archived = |entry: &DirectoryEntry| entry.archived;
    let checks = [
        (Field::Inbox, check("inbox", patch.inbox_id, |id| names.inbox(id).map(archived))),
        (Field::Assignee, check("member", patch.assignee_id, |id| names.member(id).map(archived))),
        (Field::Assistant, check("assistant", patch.assistant_id, |id| names.assistant(id).map(archived))),
        (Field::Pipeline, check("pipeline", patch.pipeline_id, |id| names.pipeline(id).map(archived))),
        (Field::Stage, check("stage", patch.stage_id, |id| names.stage(id).map(|(_, entry)| entry.archived))),
    ];
    let invalid = checks.into_iter().filter_map(|(field, error)| Some(InvalidField::new(field, error?)));
    invalid.collect()
}

fn with_article(resource: &str) -> String {
    let article = if resource.starts_with(['a', 'i']) { "an" } else { "a" };
    format!("{article} {resource}")
}
