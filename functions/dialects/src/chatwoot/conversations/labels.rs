use deserr::Deserr;
use deskless_api::{
    ApiPath, Caller, Idempotent, InvalidRequest, Reply, replayed,
    scope::{ReadConversations, WriteConversations},
};
use deskless_app::conversations;
use deskless_domain::{ConversationPatch, Precondition, Tags};
use serde::Serialize;

use crate::chatwoot::{find, path::OfConversation, query::shown};

/// The labels of a conversation.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest)]
pub struct Labels {
    labels: Tags,
}

#[derive(Serialize)]
struct Payload<'a> {
    payload: &'a Tags,
}

/// Returns the labels of a conversation: its tags.
pub async fn list_labels(caller: Caller<ReadConversations>, ApiPath(path): ApiPath<OfConversation>) -> Reply {
    let _ = path.account.of(caller.store())?;
    let view = find::conversation(caller.store(), path.conversation).await?;
    shown(&Payload { payload: &view.conversation.tags })
}

/// Sets the labels of a conversation. As in the service, they replace all that it has.
pub async fn add_labels(
    caller: Caller<WriteConversations>,
    ApiPath(path): ApiPath<OfConversation>,
    request: Idempotent<Labels>,
) -> Reply {
    let store = caller.store();
    let _ = path.account.of(store)?;
    let (request, key) = request.into_parts(&caller);
    let id = find::conversation_id(store, path.conversation).await?;
    let changes = ConversationPatch { tags: Some(request.labels), ..ConversationPatch::default() };
    let updated = conversations::update_once(store, id, &changes, &Precondition::NONE, key.as_ref()).await?;
    replayed(updated.is_replay, shown(&Payload { payload: &updated.outcome.conversation.tags }))
}
