use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, Code, IfMatch, InvalidRequest, NoParameters, Optional, Problem, Reply, ok,
    scope::WriteConversations,
};
use deskless_app::conversations;
use deskless_domain::{
    AssistantId, ConversationId, ConversationPatch, InboxId, Invalid, MemberId, Metadata, PipelineId, PlacementPatch,
    Priority, Resolution, Resolved, StageId, Status, StatusChange, Subject, Tags, Timestamp,
};
use utoipa::ToSchema;

use crate::dto::ConversationResponse;

/// An update of a conversation. A field that you leave out does not change.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", min_properties = 1)]
pub struct UpdateConversationRequest {
    /// `solved` sets `closedAt` and, without a `resolution`, the resolution `resolved`. Any other status clears both.
    #[deserr(default)]
    #[schema(value_type = Status, required = false)]
    status: Optional<Status>,
    /// Only for a solved conversation. Otherwise the response is 422.
    #[deserr(default)]
    #[schema(value_type = Resolution, required = false)]
    resolution: Optional<Resolution>,
    /// Whether the conversation was handed over to a person.
    #[deserr(default)]
    #[schema(value_type = bool, required = false)]
    escalated: Optional<bool>,
    /// The priority.
    #[deserr(default)]
    #[schema(value_type = Priority, required = false)]
    priority: Optional<Priority>,
    /// The subject.
    #[deserr(default)]
    #[schema(value_type = Subject, required = false)]
    subject: Optional<Subject>,
    /// `null` unassigns the conversation.
    #[deserr(default)]
    #[schema(value_type = Option<MemberId>, required = false)]
    assignee_id: Optional<Option<MemberId>>,
    /// `null` unassigns the conversation.
    #[deserr(default)]
    #[schema(value_type = Option<AssistantId>, required = false)]
    assistant_id: Optional<Option<AssistantId>>,
    /// `null` removes the conversation from its inbox.
    #[deserr(default)]
    #[schema(value_type = Option<InboxId>, required = false)]
    inbox_id: Optional<Option<InboxId>>,
    /// Without `stageId`, the stage is cleared. `null` removes the conversation from its pipeline.
    #[deserr(default)]
    #[schema(value_type = Option<PipelineId>, required = false)]
    pipeline_id: Optional<Option<PipelineId>>,
    /// Sets the pipeline too. `null` clears the stage.
    #[deserr(default)]
    #[schema(value_type = Option<StageId>, required = false)]
    stage_id: Optional<Option<StageId>>,
    /// The end of the snooze. `null` or a time in the past ends it. Becomes `null` within a minute after this time.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = DateTime, required = false)]
    snoozed_until: Optional<Option<Timestamp>>,
    /// At most 20. `null` clears them.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<deskless_domain::Tag>>, max_items = 20, required = false)]
    tags: Optional<Option<Tags>>,
    /// `null` clears it.
    #[deserr(default)]
    #[schema(value_type = Option<Metadata>, required = false)]
    metadata: Optional<Option<Metadata>>,
}

impl TryFrom<UpdateConversationRequest> for ConversationPatch {
    type Error = Problem;

    fn try_from(request: UpdateConversationRequest) -> Result<Self, Problem> {
        let state = match (request.status.0, request.resolution.0) {
            (None, None) => StatusChange::Keep,
            (None, Some(resolution)) => StatusChange::Resolution(resolution),
            (Some(status), resolution) => StatusChange::Status(Resolved::of(status, resolution).ok_or_else(|| {
                let detail = format!(
                    "Only a solved conversation has a `resolution`: `status` must be `solved`, not `{status}`."
                );
                Problem::new(Code::NotSolved, detail)
            })?),
        };
        let patch = Self {
            state,
            escalated: request.escalated.0,
            priority: request.priority.0,
            subject: request.subject.0,
            tags: request.tags.0.map(Option::unwrap_or_default),
            metadata: request.metadata.0.map(Option::unwrap_or_default),
            placement: PlacementPatch {
                inbox_id: request.inbox_id.change(),
                assignee_id: request.assignee_id.change(),
                assistant_id: request.assistant_id.change(),
                pipeline_id: request.pipeline_id.change(),
                stage_id: request.stage_id.change(),
            },
            snoozed_until: request.snoozed_until.change(),
            read: None,
        };
        if patch.is_empty() {
            let empty = Invalid::new("required", "must have at least one field to update");
            return Err(InvalidRequest::one("", &empty).into());
        }
        Ok(patch)
    }
}

/// Update a conversation
///
/// Updates the fields that you send.
#[utoipa::path(
    patch,
    path = "/api/v1/conversations/{conversationId}",
    tag = "Conversations",
    params(("conversationId" = String, Path, format = "uuid", description = "The conversation's id")),
    request_body = UpdateConversationRequest,
    responses(
        (status = 200, description = "The updated conversation", body = ConversationResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
        (status = 409, description = "Another unsolved conversation of the inbox has this `sessionKey`", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
        (status = 422, description = "A resolution of a conversation that is not solved", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn update_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
    ApiJson(request): ApiJson<UpdateConversationRequest>,
) -> Reply {
    let patch = request.try_into()?;
    let updated = conversations::update(caller.store(), id, patch, &precondition).await?;
    ok(updated.conversation.version, &ConversationResponse::from(&updated))
}
