use deserr::Deserr;
use deskless_api::{ApiJson, ApiPath, Caller, InvalidRequest, Optional, Reply, scope::WriteConversations};
use deskless_app::conversations;
use deskless_domain::{ConversationPatch, Precondition};

use crate::chatwoot::{blank::Blank, dto::ConversationObject, find, path::OfConversation, query::shown, status};

/// An update of a conversation. The service updates only the priority here, and only if it is sent.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct UpdateConversation {
    #[deserr(default)]
    priority: Optional<Blank<String>>,
}

/// Updates a conversation.
pub async fn update(
    caller: Caller<WriteConversations>,
    ApiPath(path): ApiPath<OfConversation>,
    ApiJson(request): ApiJson<UpdateConversation>,
) -> Reply {
    let store = caller.store();
    let account = path.account.of(store)?;
    let view = match request.priority.0 {
        Some(priority) => {
            let id = find::conversation_id(store, path.conversation).await?;
            let priority = Some(status::priority(priority.0.as_deref())?);
            let changes = ConversationPatch { priority, ..ConversationPatch::default() };
            conversations::update(store, id, changes, &Precondition::NONE).await?
        }
        None => find::conversation(store, path.conversation).await?,
    };
    shown(&ConversationObject::new(&view, &account, store.clock().now()))
}
