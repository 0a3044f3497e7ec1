use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, InvalidRequest, Problem, Reply, replayed,
    scope::{ReadConversations, WriteConversations},
};
use deskless_app::{
    TenantStore,
    messages::{self, NewMessage},
};
use deskless_domain::{Conversation, Inbox, MessageDraft, MessageType, Role};

use crate::chatwoot::{
    dto::MessageObject,
    find,
    form::JsonOrForm,
    messages::{NewMessageRequest, newest},
    path::PublicConversation,
    query::shown,
};

/// The list has no parameters that are supported.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct NoFilters {}

/// Returns a conversation of this contact in this inbox.
async fn conversation(store: &TenantStore, path: PublicConversation) -> Result<Conversation, Problem> {
    let inbox = find::resource::<Inbox>(store, path.inbox).await?;
    let conversation = find::conversation(store, path.conversation).await?.conversation;
    let is_theirs = conversation.customer.id == path.contact && conversation.placement.inbox_id == Some(inbox.id);
    if is_theirs { Ok(conversation) } else { Err(Problem::not_found()) }
}

/// Lists the newest replies of a conversation, oldest first. There are no private notes in it.
pub async fn list(
    caller: Caller<ReadConversations>,
    ApiPath(path): ApiPath<PublicConversation>,
    ApiQuery(NoFilters {}): ApiQuery<NoFilters>,
) -> Reply {
    let conversation = conversation(caller.store(), path).await?;
    let found = newest(caller.store(), conversation.id, None, |message| MessageDraft::is_reply(&message.draft)).await?;
    let objects: Vec<_> = found.iter().map(|message| MessageObject::new(message, &conversation)).collect();
    shown(&objects)
}

/// Adds a reply of the contact.
pub async fn create(
    caller: Caller<WriteConversations>,
    ApiPath(path): ApiPath<PublicConversation>,
    JsonOrForm(request): JsonOrForm<NewMessageRequest>,
) -> Reply {
    let store = caller.store();
    let (request, key) = request.into_parts(&caller);
    let echo_id = request.echo_id.0.clone();
    let command = NewMessage { role: Role::User, kind: MessageType::Reply, ..request.into_command("content")? };
    let conversation = conversation(store, path).await?;
    let added = messages::create(store, conversation.id, command, key.as_ref()).await?;
    let object = MessageObject::new(&added.outcome.message, &conversation).with_echo(echo_id);
    replayed(added.is_replay, shown(&object))
}
