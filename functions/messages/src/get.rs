use deskless_api::{ApiPath, ApiQuery, Caller, IfNoneMatch, NoParameters, Reply, ok, scope::ReadConversations};
use deskless_app::messages;
use deskless_domain::{ConversationId, MessageId};

use crate::dto::MessageResponse;

/// Retrieve a message
///
/// Returns a reply or a note of the conversation.
#[utoipa::path(
    get,
    path = "/api/v1/conversations/{conversationId}/messages/{messageId}",
    tag = "Messages",
    params(
        ("conversationId" = String, Path, format = "uuid", description = "The conversation's id"),
        ("messageId" = String, Path, format = "uuid", description = "The message's id"),
    ),
    responses(
        (status = 200, description = "The message", body = MessageResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
    ),
)]
pub async fn get_message(
    caller: Caller<ReadConversations>,
    ApiPath((conversation, id)): ApiPath<(ConversationId, MessageId)>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    _: IfNoneMatch,
) -> Reply {
    let message = messages::get(caller.store(), conversation, id).await?;
    ok(message.version, &MessageResponse::from(&message))
}
