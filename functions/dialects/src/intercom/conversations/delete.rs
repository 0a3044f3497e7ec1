use deskless_api::{ApiPath, ApiQuery, Caller, NoParameters, Reply, dialect::respond, scope::WriteConversations};
use deskless_app::conversations;
use deskless_domain::{ConversationId, Precondition};
use http::StatusCode;
use serde_json::json;

/// Delete a conversation.
pub async fn delete_conversation(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
) -> Reply {
    conversations::delete(caller.store(), id, None, &Precondition::NONE).await?;
    respond(StatusCode::OK, &json!({ "id": id.to_string(), "object": "conversation", "deleted": true }))
}
