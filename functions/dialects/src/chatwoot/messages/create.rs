use deskless_api::{ApiPath, Caller, Reply, replayed, scope::WriteConversations};
use deskless_app::messages;

use super::NewMessageRequest;
use crate::chatwoot::{dto::MessageObject, find, form::JsonOrForm, path::OfConversation, query::shown};

/// Adds a reply or a private note to a conversation.
pub async fn create(
    caller: Caller<WriteConversations>,
    ApiPath(path): ApiPath<OfConversation>,
    JsonOrForm(request): JsonOrForm<NewMessageRequest>,
) -> Reply {
    let store = caller.store();
    let _ = path.account.of(store)?;
    let (request, key) = request.into_parts(&caller);
    let echo_id = request.echo_id.0.clone();
    let command = request.into_command("content")?;
    let conversation = find::conversation(store, path.conversation).await?.conversation;
    let added = messages::create(store, conversation.id, command, key.as_ref()).await?;
    let object = MessageObject::new(&added.outcome.message, &conversation).with_echo(echo_id);
    replayed(added.is_replay, shown(&object))
}
