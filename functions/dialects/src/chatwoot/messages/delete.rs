use deskless_api::{ApiPath, Caller, Reply, scope::WriteConversations};
use deskless_app::messages;
use deskless_domain::Precondition;

use crate::chatwoot::{dto::MessageObject, find, path::OfMessage, query::shown};

/// Deletes a message, and returns it as the service shows deleted ones.
pub async fn delete(caller: Caller<WriteConversations>, ApiPath(path): ApiPath<OfMessage>) -> Reply {
    let store = caller.store();
    let _ = path.account.of(store)?;
    let conversation = find::conversation(store, path.conversation).await?.conversation;
    let message = find::message(store, conversation.id, path.message).await?;
    messages::delete(store, conversation.id, message.id, &Precondition::NONE).await?;
    shown(&MessageObject::new(&message, &conversation).deleted())
}
