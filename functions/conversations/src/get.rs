use deskless_api::{
    ApiPath, ApiQuery, Caller, IfNoneMatch, NoParameters, Reply, not_modified, ok, scope::ReadConversations,
};
use deskless_domain::ConversationId;

use crate::dto::ConversationResponse;

/// Retrieve a conversation
#[utoipa::path(
    get,
    path = "/api/v1/conversations/{conversationId}",
    tag = "Conversations",
    params(("conversationId" = String, Path, format = "uuid", description = "The conversation's id")),
    responses(
        (status = 200, description = "The conversation", body = ConversationResponse, headers(
            ("ETag" = String, description = "Its version"),
        )),
    ),
)]
pub async fn get_conversation(
    caller: Caller<ReadConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    known: IfNoneMatch,
) -> Reply {
    let conversation = caller.store().get_conversation(id).await?;
    if known.holds(conversation.version) {
        return Ok(not_modified(conversation.version));
    }
    ok(Some(conversation.version), &ConversationResponse::from(&conversation))
}
