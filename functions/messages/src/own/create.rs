use deskless_api::{
    CustomerCaller, Idempotent, Reply, Unread, created, finish, openapi::BASE, wire::OwnMessageRequest,
};
use deskless_domain::ConversationId;
use deskless_store::Posted;

use super::dto::OwnMessageResponse;

/// Adds a reply of the customer's to a conversation of theirs.
pub async fn create_message(
    caller: &CustomerCaller,
    conversation: ConversationId,
    request: Idempotent<Unread>,
) -> Reply {
    let answer = |posted: &Posted| {
        let message = posted.message();
        let location = format!("{BASE}/conversations/{}/messages/{}", message.conversation_id, message.id);
        created(location, message.version, &OwnMessageResponse::from(message))
    };
    let (request, repeat) = request.read::<OwnMessageRequest>()?.into_parts(caller, &answer);
    let draft = request.said_by(caller.customer())?;
    let outcome = caller.store().create_message(conversation, draft, repeat).await?;
    finish(outcome, answer)
}
