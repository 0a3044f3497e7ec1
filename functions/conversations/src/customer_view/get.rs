use deskless_api::{CustomerCaller, Reply, content_version, ok};
use deskless_app::conversations;
use deskless_domain::ConversationId;

use super::dto::CustomerConversationResponse;

/// Retrieve a conversation
///
/// Returns one of the customer's conversations.
#[utoipa::path(
    get,
    path = "/api/v1/conversations/{conversationId}",
    tag = "Conversations",
    params(("conversationId" = String, Path, format = "uuid", description = "The conversation's id")),
    responses(
        (status = 200, description = "The conversation", body = CustomerConversationResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
    ),
)]
pub async fn get_conversation(caller: &CustomerCaller, id: ConversationId) -> Reply {
    let conversation = conversations::get_own(caller.store(), id).await?;
    let response = CustomerConversationResponse::from(&conversation);
    // The stored version also counts notes, so the tag is computed from the response.
    let version = content_version(&response)?;
    ok(version, &response)
}
