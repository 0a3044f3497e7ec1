use deskless_api::{
    ApiPath, ApiQuery, Idempotent, NoParameters, Principal, RawBody, Reply, created, ok, openapi::BASE, replayed,
    scope::WriteConversations, wire::CreateMessageRequest,
};
use deskless_app::messages::{self, AddedMessage};
use deskless_domain::{ConversationId, Scope};

use crate::{customer_view, dto::MessageResponse};

/// Create a message
///
/// Adds a reply or an internal note. A customer's reply (`role: user`) reopens a waiting or solved conversation and ends its
/// snooze. If the conversation has a message with this `externalId`, the response is 200 with that message. With
/// `predefinedMessageId`, your key also needs the scopes `read:replies` and `read:conversations`.
#[utoipa::path(
    post,
    path = "/api/v1/conversations/{conversationId}/messages",
    tag = "Messages",
    params(
        ("conversationId" = String, Path, format = "uuid", description = "The conversation's id"),
    ),
    request_body = CreateMessageRequest,
    responses(
        (status = 201, description = "The new message", body = MessageResponse, headers(
            ("Location" = String, description = "The path of the new message"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 200, description = "The existing message with this `externalId`", body = MessageResponse, headers(
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 409, description = "The message with this `externalId` was deleted, or the reply would reopen a second conversation with its `sessionKey`", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn create_message(
    caller: Principal<WriteConversations>,
    ApiPath(conversation): ApiPath<ConversationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<RawBody>,
) -> Reply {
    let caller = match caller {
        Principal::Server(caller) => caller,
        Principal::Customer(caller) => {
            return customer_view::create::create_message(&caller, conversation, request).await;
        }
    };
    let (request, key) = request.read::<CreateMessageRequest>()?.into_parts(&caller);
    if request.is_predefined() {
        caller.require(Scope::ReadReplies)?;
        caller.require(Scope::ReadConversations)?;
    }
    let message = request.into_command(caller.store().body_limit());
    let added = messages::create(caller.store(), conversation, message, key.as_ref()).await?;
    let AddedMessage { message, is_new } = &added.outcome;
    let response = MessageResponse::from(message);
    let reply = if *is_new {
        let location = format!("{BASE}/conversations/{}/messages/{}", message.conversation_id, message.id);
        created(location, message.version, &response)
    } else {
        ok(message.version, &response)
    };
    replayed(added.is_replay, reply)
}
