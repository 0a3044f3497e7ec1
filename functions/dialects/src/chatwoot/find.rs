//! Finds resources by the service's ids.

use deskless_api::Problem;
use deskless_app::{
    TenantStore,
    conversations::{self, ConversationView},
    messages::{self, Thread},
    resources,
};
use deskless_domain::{Collected, ConversationId, Message, MessageId, Order, Resource};

use super::id::Wanted;

/// The number of messages that are read at once to find one.
const LIMIT: usize = 20;

/// Returns a conversation.
pub async fn conversation(store: &TenantStore, wanted: Wanted<ConversationId>) -> Result<ConversationView, Problem> {
    match wanted {
        Wanted::Id(id) => Ok(conversations::get(store, id).await?),
        Wanted::Number(_) => Ok(conversations::find_created(store, wanted.created(), |id| wanted.is(id)).await?),
    }
}

/// Returns the id of a conversation. Reads nothing if the request has our id.
pub async fn conversation_id(store: &TenantStore, wanted: Wanted<ConversationId>) -> Result<ConversationId, Problem> {
    match wanted {
        Wanted::Id(id) => Ok(id),
        Wanted::Number(_) => Ok(conversation(store, wanted).await?.conversation.id),
    }
}

/// Returns a message.
pub async fn message(
    store: &TenantStore,
    conversation: ConversationId,
    wanted: Wanted<MessageId>,
) -> Result<Message, Problem> {
    let Wanted::Number(_) = wanted else {
        let Wanted::Id(id) = wanted else { return Err(Problem::not_found()) };
        return Ok(messages::get(store, conversation, id).await?);
    };
    let period = wanted.created();
    let mut after = MessageId::before(period.from);
    let mut found = Vec::new();
    loop {
        let thread = Thread { conversation, order: Order::Asc, after: Some(after), limit: LIMIT };
        let page = messages::list(store, thread).await?;
        let is_past = page.messages.iter().any(|message| message.id.time() >= period.before);
        found.extend(page.messages.into_iter().filter(|message| wanted.is(message.id)));
        if is_past || !page.has_more {
            break;
        }
        after = page.next;
    }
    match (found.pop(), found.is_empty()) {
        (Some(message), true) => Ok(message),
        _ => Err(Problem::not_found()),
    }
}

/// Returns an inbox or a member that is not archived. There are few, so all of them are read.
pub async fn resource<T: Collected>(store: &TenantStore, wanted: Wanted<T::Id>) -> Result<Resource<T>, Problem> {
    let mut found: Vec<_> =
        resources::all::<T>(store).await?.into_iter().filter(|resource| wanted.is(resource.id)).collect();
    match (found.pop(), found.is_empty()) {
        (Some(resource), true) => Ok(resource),
        _ => Err(Problem::not_found()),
    }
}
