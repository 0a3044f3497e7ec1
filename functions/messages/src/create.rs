use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, NoParameters, Reply, created, finish, openapi::BASE,
    scope::WriteConversations, wire::CreateMessageRequest,
};
use deskless_domain::{ConversationId, Message};

use crate::dto::MessageResponse;

/// Add a message
///
/// A customer's reply (`role: user`) opens a waiting or solved conversation again.
#[utoipa::path(
    post,
    path = "/api/v1/conversations/{conversationId}/messages",
    tag = "Messages",
    params(("conversationId" = String, Path, format = "uuid", description = "The conversation's id")),
    request_body = CreateMessageRequest,
    responses(
        (status = 201, description = "Added", body = MessageResponse, headers(
            ("Location" = String, description = "Where it is"),
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
        )),
    ),
)]
pub async fn create_message(
    caller: Caller<WriteConversations>,
    ApiPath(conversation): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateMessageRequest>,
) -> Reply {
    let answer = |message: &Message| {
        let location = format!("{BASE}/conversations/{}/messages/{}", message.conversation_id, message.id);
        created(location, message.version, &MessageResponse::from(message))
    };
    let (request, repeat) = request.into_parts(&caller, &answer);
    let outcome = caller.store().create_message(conversation, request.into(), repeat).await?;
    finish(outcome, answer)
}
