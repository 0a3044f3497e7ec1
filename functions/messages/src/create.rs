use deskless_api::{
    ApiPath, ApiQuery, Idempotent, NoParameters, Principal, RawBody, Reply, created, ok, openapi::BASE, replayed,
    scope::WriteConversations, wire::CreateMessageRequest,
};
use deskless_app::messages::{self, AddedMessage};
use deskless_domain::{ConversationId, Scope};

use crate::{by_key::EitherMessageResponse, customer_view, dto::MessageResponse};

/// Create a message
///
/// A customer's reply (`role: user`) reopens a waiting or solved conversation and ends its snooze.
///
/// Providers may deliver a message twice: a second message with the same `externalId` in the conversation is not created,
/// and the response is the first one.
///
/// With `predefinedMessageId` the text and the file of a predefined message are used. The key needs the scope `read:replies`
/// too.
///
/// A message keeps the name, type and size of its files, even after they are deleted.
///
/// With a client key a message is a customer's reply, and you can send `body` and `attachments` only.
#[utoipa::path(
    post,
    path = "/api/v1/conversations/{conversationId}/messages",
    tag = "Messages",
    params(
        ("conversationId" = String, Path, format = "uuid", description = "The conversation's id"),
        ("X-Customer-Token" = Option<String>, Header, description = "With a client key: the JWT that names the customer"),
    ),
    request_body = CreateMessageRequest,
    responses(
        (status = 201, description = "The new message", body = EitherMessageResponse, headers(
            ("Location" = String, description = "The path of the new message"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 200, description = "The message that has this `externalId` already", body = MessageResponse, headers(
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 409, description = "The message with this `externalId` was deleted", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
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
    }
    let added = messages::create(caller.store(), conversation, request.into(), key.as_ref()).await?;
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
