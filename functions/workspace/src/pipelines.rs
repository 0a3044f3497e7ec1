//! Pipelines: ordered lists of stages through which conversations move.

use deserr::Deserr;
use deskless_api::{InvalidRequest, Optional, object_tag, resource, shape::Shape};
use deskless_domain::{Clock, InvalidField, Pipeline, Resource, Stage, StageDraft, StageId, Title};
use serde::Serialize;
use utoipa::ToSchema;

object_tag!(
    /// `"pipeline"`
    PipelineTag = "pipeline"
);

/// A stage of a pipeline.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stage)]
pub struct StageObject {
    #[schema(format = "uuid")]
    id: String,
    #[schema(value_type = String)]
    name: Title,
}

impl From<&Stage> for StageObject {
    fn from(stage: &Stage) -> Self {
        Self { id: stage.id.to_string(), name: stage.name.clone() }
    }
}

/// An ordered list of stages through which conversations move.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Pipeline)]
pub struct PipelineObject {
    object: PipelineTag,
    #[schema(format = "uuid")]
    id: String,
    #[schema(value_type = String)]
    name: Title,
    /// The stages, in order.
    stages: Vec<StageObject>,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    updated_at: String,
    /// The time at which it was archived, by deleting it. `null` if it was not.
    #[schema(required, format = "date-time")]
    archived_at: Option<String>,
}

impl From<&Resource<Pipeline>> for PipelineObject {
    fn from(resource: &Resource<Pipeline>) -> Self {
        Self {
            object: PipelineTag,
            id: resource.id.to_string(),
            name: resource.fields.name.clone(),
            stages: resource.fields.stages().map(StageObject::from).collect(),
            created_at: resource.created_at().to_string(),
            updated_at: resource.updated_at.to_string(),
            archived_at: resource.archived_at.map(|time| time.to_string()),
        }
    }
}

/// A stage of an updated pipeline.
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct StageRequest {
    /// An existing stage. Without it, a stage is created.
    #[deserr(default)]
    id: Option<StageId>,
    /// The name.
    name: Title,
}

/// A stage to create.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct NewStageRequest {
    /// The name.
    name: Title,
}

/// A pipeline to create.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct CreatePipelineRequest {
    /// The name.
    name: Title,
    /// The stages, in order: at most 100.
    #[deserr(default)]
    #[schema(required = false, max_items = 100)]
    stages: Vec<NewStageRequest>,
}

/// An update of a pipeline. A field that you leave out does not change.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(min_properties = 1)]
pub struct UpdatePipelineRequest {
    /// The name.
    #[deserr(default)]
    #[schema(value_type = Title, required = false)]
    name: Optional<Title>,
    /// All stages, in order: at most 100. A stage that you leave out is archived.
    #[deserr(default)]
    #[schema(value_type = Vec<StageRequest>, required = false, max_items = 100)]
    stages: Optional<Vec<StageRequest>>,
}

fn drafts(stages: &[StageRequest]) -> Vec<StageDraft> {
    stages.iter().cloned().map(|StageRequest { id, name }| StageDraft { id, name }).collect()
}

impl Shape for PipelineObject {
    type Fields = Pipeline;
    type Create = CreatePipelineRequest;
    type Update = UpdatePipelineRequest;

    fn make(request: CreatePipelineRequest, clock: &dyn Clock) -> Result<Pipeline, InvalidField> {
        let stages = request.stages.into_iter().map(|NewStageRequest { name }| StageDraft { id: None, name });
        Pipeline::new(request.name, &stages.collect::<Vec<_>>(), clock)
    }

    fn change(
        mut fields: Pipeline,
        request: &UpdatePipelineRequest,
        clock: &dyn Clock,
    ) -> Result<Pipeline, InvalidField> {
        if let Some(name) = &request.name.0 {
            fields.name = name.clone();
        }
        match &request.stages.0 {
            Some(stages) => fields.rearranged(&drafts(stages), clock),
            None => Ok(fields),
        }
    }
}

resource!(
    Pipeline as PipelineObject,
    pipeline,
    pipelines,
    path = "/api/v1/pipelines",
    item = "/api/v1/pipelines/{pipelineId}",
    id = "pipelineId",
    tag = "Workspace",
    read = ReadWorkspace,
    write = WriteWorkspace,
    one = "a pipeline",
    many = "pipelines",
    create = CreatePipelineRequest,
    update = UpdatePipelineRequest,
    delete = "Archives the pipeline with its stages: it is no longer listed, and conversations cannot be moved to it. Conversations in it keep the names of their stages.",
);
