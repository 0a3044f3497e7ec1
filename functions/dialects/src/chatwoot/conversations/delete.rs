use deskless_api::{ApiPath, Caller, Reply, scope::WriteConversations};
use deskless_app::conversations;
use deskless_domain::Precondition;

use crate::chatwoot::{find, path::OfConversation, query::done};

/// Deletes a conversation.
pub async fn delete(caller: Caller<WriteConversations>, ApiPath(path): ApiPath<OfConversation>) -> Reply {
    let _ = path.account.of(caller.store())?;
    let id = find::conversation_id(caller.store(), path.conversation).await?;
    conversations::delete(caller.store(), id, None, &Precondition::NONE).await?;
    done()
}
