use deskless_api::{ApiPath, ApiQuery, Caller, IfMatch, NoParameters, Reply, no_content, scope::WriteConversations};
use deskless_app::messages;
use deskless_domain::{ConversationId, MessageId};

/// Delete a message
///
/// Deletes the message and updates the conversation's counts and preview. The `externalId` cannot be used again. This cannot be
/// undone.
#[utoipa::path(
    delete,
    path = "/api/v1/conversations/{conversationId}/messages/{messageId}",
    tag = "Messages",
    params(
        ("conversationId" = String, Path, format = "uuid", description = "The conversation's id"),
        ("messageId" = String, Path, format = "uuid", description = "The message's id"),
    ),
    responses((status = 204, description = "The message is deleted")),
)]
pub async fn delete_message(
    caller: Caller<WriteConversations>,
    ApiPath((conversation, id)): ApiPath<(ConversationId, MessageId)>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
) -> Reply {
    messages::delete(caller.store(), conversation, id, &precondition).await?;
    Ok(no_content())
}
