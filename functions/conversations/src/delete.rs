use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, IfMatch, InvalidRequest, NoParameters, Reply, no_content,
    scope::WriteConversations,
};
use deskless_app::conversations;
use deskless_domain::{ConversationId, DeletionReason};
use utoipa::ToSchema;

/// The reason for a deletion.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct DeleteConversationRequest {
    /// It is kept for 90 days, with the conversation's id and number.
    #[deserr(default)]
    reason: Option<DeletionReason>,
}

/// Delete a conversation
///
/// Deletes the conversation at once, and its messages and files in the background. This cannot be undone.
#[utoipa::path(
    delete,
    path = "/api/v1/conversations/{conversationId}",
    tag = "Conversations",
    params(("conversationId" = String, Path, format = "uuid", description = "The conversation's id")),
    request_body = Option<DeleteConversationRequest>,
    responses((status = 204, description = "The conversation is deleted")),
)]
pub async fn delete_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
    ApiJson(request): ApiJson<Option<DeleteConversationRequest>>,
) -> Reply {
    let reason = request.unwrap_or_default().reason;
    conversations::delete(caller.store(), id, reason.as_ref(), &precondition).await?;
    Ok(no_content())
}
