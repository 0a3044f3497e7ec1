use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, IfMatch, InvalidRequest, NoParameters, Reply, no_content,
    scope::WriteConversations,
};
use deskless_domain::{ConversationId, DeletionReason};
use deskless_store::Deletion;
use utoipa::ToSchema;

/// Why a conversation is deleted.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
pub struct DeleteConversationRequest {
    /// Kept for 90 days, beside the conversation's id and number and the key that deleted it.
    #[deserr(default)]
    reason: Option<DeletionReason>,
}

/// Delete a conversation
///
/// It is gone at once: 404, and in no list. Its messages are removed for good in the background.
#[utoipa::path(
    delete,
    path = "/api/v1/conversations/{conversationId}",
    tag = "Conversations",
    params(("conversationId" = String, Path, format = "uuid", description = "The conversation's id")),
    request_body = Option<DeleteConversationRequest>,
    responses((status = 204, description = "Deleted")),
)]
pub async fn delete_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(expected): IfMatch,
    ApiJson(request): ApiJson<Option<DeleteConversationRequest>>,
) -> Reply {
    let deletion = Deletion { reason: request.unwrap_or_default().reason, key: Some(caller.credential().id) };
    caller.store().delete_conversation(id, &deletion, expected.as_deref()).await?;
    Ok(no_content())
}
