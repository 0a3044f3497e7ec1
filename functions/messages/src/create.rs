use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, NoParameters, Reply, created, done, finish, openapi::BASE,
    scope::WriteConversations, wire::CreateMessageRequest,
};
use deskless_domain::ConversationId;
use deskless_store::Posted;

use crate::dto::MessageResponse;

/// Add a message
///
/// A customer's reply (`role: user`) opens a waiting or solved conversation again. A channel's provider may repeat itself: a
/// second message with an `externalId` that the conversation knows is not written, and the first one is the answer.
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
        (status = 200, description = "It is there already: this message has the externalId", body = MessageResponse, headers(
            ("ETag" = String, description = "Its version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` on a repeat"),
        )),
        (status = 409, description = "The message with this externalId was deleted", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn create_message(
    caller: Caller<WriteConversations>,
    ApiPath(conversation): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateMessageRequest>,
) -> Reply {
    let answer = |posted: &Posted| match posted {
        Posted::Added(message) => {
            let location = format!("{BASE}/conversations/{}/messages/{}", message.conversation_id, message.id);
            created(location, message.version, &MessageResponse::from(message))
        }
        Posted::Known(message) => done(message.version, &MessageResponse::from(message)),
    };
    let (request, repeat) = request.into_parts(&caller, &answer);
    let outcome = caller.store().create_message(conversation, request.into(), repeat).await?;
    finish(outcome, answer)
}
