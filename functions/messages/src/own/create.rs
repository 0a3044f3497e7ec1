use deskless_api::{
    CustomerCaller, Idempotent, Reply, Unread, created, openapi::BASE, replayed, wire::OwnMessageRequest,
};
use deskless_app::messages;
use deskless_domain::ConversationId;

use super::dto::OwnMessageResponse;

/// Adds the customer's reply to one of their conversations.
pub async fn create_message(
    caller: &CustomerCaller,
    conversation: ConversationId,
    request: Idempotent<Unread>,
) -> Reply {
    let (request, key) = request.read::<OwnMessageRequest>()?.into_parts(caller);
    let added = messages::create_own(caller.store(), conversation, request.try_into()?, key.as_ref()).await?;
    let message = &added.outcome.message;
    let location = format!("{BASE}/conversations/{}/messages/{}", message.conversation_id, message.id);
    replayed(added.is_replay, created(location, message.version, &OwnMessageResponse::from(message)))
}
