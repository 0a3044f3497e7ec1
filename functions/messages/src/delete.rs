use deskless_api::{ApiPath, ApiQuery, Caller, IfMatch, NoParameters, Reply, no_content, scope::WriteConversations};
use deskless_domain::{ConversationId, MessageId};

/// Delete a message
///
/// The conversation's `messageCount`, `unreadCount`, `preview`, `lastMessageAt` and `awaitingReply` follow; its place in
/// lists stays, and so do `firstResponseAt` and `windowExpiresAt`: what happened has happened. The message's
/// `externalId` stays taken.
#[utoipa::path(
    delete,
    path = "/api/v1/conversations/{conversationId}/messages/{messageId}",
    tag = "Messages",
    params(
        ("conversationId" = String, Path, format = "uuid", description = "The conversation's id"),
        ("messageId" = String, Path, format = "uuid", description = "The message's id"),
    ),
    responses((status = 204, description = "Deleted")),
)]
pub async fn delete_message(
    caller: Caller<WriteConversations>,
    ApiPath((conversation, id)): ApiPath<(ConversationId, MessageId)>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(expected): IfMatch,
) -> Reply {
    caller.store().delete_message(conversation, id, expected.as_deref()).await?;
    Ok(no_content())
}
