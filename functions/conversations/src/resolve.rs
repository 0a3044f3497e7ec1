use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, IfMatch, InvalidRequest, NoParameters, Reply, done, finish,
    references::all_names, scope::WriteConversations,
};
use deskless_domain::{Change, Conversation, ConversationId, ConversationPatch, Resolution, Resolved};
use utoipa::ToSchema;

use crate::dto::ConversationResponse;

/// How a conversation was solved.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct ResolveConversationRequest {
    /// `resolved` unless it is said otherwise or was said before.
    #[deserr(default)]
    resolution: Option<Resolution>,
}

/// Solve a conversation
///
/// The same as a change of its status to `solved`.
#[utoipa::path(
    post,
    path = "/api/v1/conversations/{conversationId}/resolve",
    tag = "Conversations",
    params(("conversationId" = String, Path, format = "uuid", description = "The conversation's id")),
    request_body = Option<ResolveConversationRequest>,
    responses(
        (status = 200, description = "The conversation as it is now", body = ConversationResponse, headers(
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
        )),
    ),
)]
pub async fn resolve_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(expected): IfMatch,
    request: Idempotent<Option<ResolveConversationRequest>>,
) -> Reply {
    let names = all_names(caller.store()).await?;
    let answer =
        |conversation: &Conversation| done(conversation.version, &ConversationResponse::new(conversation, &names));
    let (request, repeat) = request.into_parts(&caller, &answer);
    let state = Change::Status(Resolved::Yes(request.unwrap_or_default().resolution));
    let patch = ConversationPatch { state, ..ConversationPatch::default() };
    let outcome = caller.store().update_conversation_once(id, &patch, expected, repeat).await?;
    finish(outcome, answer)
}
