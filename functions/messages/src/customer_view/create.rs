use deskless_api::{
    CustomerCaller, Idempotent, RawBody, Reply, created, openapi::BASE, replayed, wire::CustomerMessageRequest,
};
use deskless_app::messages;
use deskless_domain::ConversationId;

use super::dto::CustomerMessageResponse;

/// Create a message
///
/// Adds the customer's reply to one of their conversations. It reopens a waiting or solved conversation and ends its snooze.
#[utoipa::path(
    post,
    path = "/api/v1/conversations/{conversationId}/messages",
    tag = "Messages",
    params(("conversationId" = String, Path, format = "uuid", description = "The conversation's id")),
    request_body = CustomerMessageRequest,
    responses(
        (status = 201, description = "The new message", body = CustomerMessageResponse, headers(
            ("Location" = String, description = "The path of the new message"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 409, description = "The message would reopen a second conversation with this `sessionKey`", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn create_message(
    caller: &CustomerCaller,
    conversation: ConversationId,
    request: Idempotent<RawBody>,
) -> Reply {
    let (request, key) = request.read::<CustomerMessageRequest>()?.into_parts(caller);
    let message = request.into_command(caller.store().body_limit())?;
    let added = messages::create_for_customer(caller.store(), conversation, message, key.as_ref()).await?;
    let message = &added.outcome.message;
    let location = format!("{BASE}/conversations/{}/messages/{}", message.conversation_id, message.id);
    replayed(added.is_replay, created(location, message.version, &CustomerMessageResponse::from(message)))
}
