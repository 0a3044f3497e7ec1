use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, IfMatch, InvalidRequest, NoParameters, Reply, ok, replayed,
    scope::WriteConversations,
};
use deskless_app::conversations;
use deskless_domain::{ConversationId, Resolution};
use utoipa::ToSchema;

use crate::dto::ConversationResponse;

/// The resolution of a conversation.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct ResolveConversationRequest {
    /// The default is `resolved`, or the current resolution.
    #[deserr(default)]
    resolution: Option<Resolution>,
}

/// Solve a conversation
///
/// Sets `status` to `solved`. Solving it again keeps `closedAt`.
#[utoipa::path(
    post,
    path = "/api/v1/conversations/{conversationId}/resolve",
    tag = "Conversations",
    params(("conversationId" = String, Path, format = "uuid", description = "The conversation's id")),
    request_body = Option<ResolveConversationRequest>,
    responses(
        (status = 200, description = "The solved conversation", body = ConversationResponse, headers(
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
    ),
)]
pub async fn resolve_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
    request: Idempotent<Option<ResolveConversationRequest>>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    let resolution = request.unwrap_or_default().resolution;
    let solved = conversations::resolve(caller.store(), id, resolution, &precondition, key.as_ref()).await?;
    let version = solved.outcome.conversation.version;
    replayed(solved.is_replay, ok(version, &ConversationResponse::from(&solved.outcome)))
}
