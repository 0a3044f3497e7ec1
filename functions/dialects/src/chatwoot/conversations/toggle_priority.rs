use deserr::Deserr;
use deskless_api::{ApiPath, Caller, Idempotent, InvalidRequest, Reply, replayed, scope::WriteConversations};
use deskless_app::conversations;
use deskless_domain::{ConversationPatch, Precondition};

use crate::chatwoot::{blank::Blank, find, path::OfConversation, query::done, status};

/// A priority to set.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct TogglePriority {
    #[deserr(default)]
    priority: Blank<String>,
}

/// Sets the priority of a conversation.
pub async fn toggle_priority(
    caller: Caller<WriteConversations>,
    ApiPath(path): ApiPath<OfConversation>,
    request: Idempotent<TogglePriority>,
) -> Reply {
    let store = caller.store();
    let _ = path.account.of(store)?;
    let (request, key) = request.into_parts(&caller);
    let id = find::conversation_id(store, path.conversation).await?;
    let priority = Some(status::priority(request.priority.0.as_deref())?);
    let changes = ConversationPatch { priority, ..ConversationPatch::default() };
    let updated = conversations::update_once(store, id, &changes, &Precondition::NONE, key.as_ref()).await?;
    replayed(updated.is_replay, done())
}
