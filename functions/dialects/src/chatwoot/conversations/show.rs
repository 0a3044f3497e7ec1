use deskless_api::{ApiPath, Caller, Reply, scope::ReadConversations};

use crate::chatwoot::{dto::ConversationObject, find, path::OfConversation, query::shown};

/// Returns a conversation.
pub async fn show(caller: Caller<ReadConversations>, ApiPath(path): ApiPath<OfConversation>) -> Reply {
    let account = path.account.of(caller.store())?;
    let view = find::conversation(caller.store(), path.conversation).await?;
    shown(&ConversationObject::new(&view, &account, caller.store().clock().now()))
}
