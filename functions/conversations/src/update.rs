use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, Code, Given, IfMatch, InvalidRequest, NoParameters, Problem, Reply, ok,
    scope::WriteConversations,
};
use deskless_domain::{
    Change, ConversationId, ConversationPatch, Invalid, Metadata, Priority, Resolution, Resolved, Status, Subject, Tags,
};
use utoipa::ToSchema;

use crate::dto::ConversationResponse;

/// What to change. A field that is left out stays as it is.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", min_properties = 1)]
pub struct UpdateConversationRequest {
    /// `solved` sets `closedAt` and, if none is given, the resolution `resolved`; any other status clears both.
    #[deserr(default)]
    #[schema(value_type = Status, required = false)]
    status: Given<Status>,
    /// How it was solved.
    #[deserr(default)]
    #[schema(value_type = Resolution, required = false)]
    resolution: Given<Resolution>,
    /// Handed to a person.
    #[deserr(default)]
    #[schema(value_type = bool, required = false)]
    escalated: Given<bool>,
    #[deserr(default)]
    #[schema(value_type = Priority, required = false)]
    priority: Given<Priority>,
    #[deserr(default)]
    #[schema(value_type = Subject, required = false)]
    subject: Given<Subject>,
    /// Replaced whole; null clears them.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<deskless_domain::Tag>>, max_items = 20, required = false)]
    tags: Given<Option<Tags>>,
    /// Replaced whole; null clears it.
    #[deserr(default)]
    #[schema(value_type = Option<Metadata>, required = false)]
    metadata: Given<Option<Metadata>>,
}

impl TryFrom<UpdateConversationRequest> for ConversationPatch {
    type Error = Problem;

    fn try_from(request: UpdateConversationRequest) -> Result<Self, Problem> {
        let state = match (request.status.0, request.resolution.0) {
            (None, None) => Change::Keep,
            (None, Some(resolution)) => Change::Resolution(resolution),
            (Some(status), resolution) => Change::Status(Resolved::of(status, resolution).ok_or_else(|| {
                let detail =
                    format!("A resolution says how a conversation was solved; beside it, status cannot be {status}.");
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
        };
        if patch.is_empty() {
            let empty = Invalid::new("required", "must name at least one field to change");
            return Err(InvalidRequest::one("", &empty).into());
        }
        Ok(patch)
    }
}

/// Change a conversation
#[utoipa::path(
    patch,
    path = "/api/v1/conversations/{conversationId}",
    tag = "Conversations",
    params(("conversationId" = String, Path, format = "uuid", description = "The conversation's id")),
    request_body = UpdateConversationRequest,
    responses(
        (status = 200, description = "The conversation as it is now", body = ConversationResponse, headers(
            ("ETag" = String, description = "Its version"),
        )),
        (status = 422, description = "A resolution, but it is not solved", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn update_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(expected): IfMatch,
    ApiJson(request): ApiJson<UpdateConversationRequest>,
) -> Reply {
    let conversation = caller.store().update_conversation(id, request.try_into()?, expected).await?;
    ok(Some(conversation.version), &ConversationResponse::from(&conversation))
}
