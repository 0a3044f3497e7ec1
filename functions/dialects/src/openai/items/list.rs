use deskless_api::{Caller, Problem, Reply, dialect::respond, scope::ReadConversations};
use deskless_app::{
    AppError,
    messages::{self, MessagePage, Thread},
};
use http::StatusCode;

use super::find::position;
use crate::openai::{
    id::{self, Ids},
    invalid,
    object::{self, Item, List},
    query::ListQuery,
};

/// The most queries for one page, if there are internal notes between the items.
const MAX_QUERIES: usize = 20;
/// The bytes of items after which a page is not filled up any more.
const ENOUGH_BYTES: usize = 512 * 1024;

/// Lists the items of a conversation.
pub async fn list(caller: Caller<ReadConversations>, ids: Ids, query: ListQuery) -> Reply {
    let ListQuery { after, limit, order } = query;
    let mut start = None;
    if let Some(after) = after {
        let found = position(&caller, &ids, &after).await?;
        start = Some(found.ok_or_else(|| invalid::value("after", &format!("no item has the ID '{after}'.")))?);
    }
    let mut items: Vec<Item> = Vec::new();
    let mut thread = Thread { conversation: ids.conversation, order, after: start, limit };
    for query in 1.. {
        let page = page(&caller, &ids, thread).await?;
        for message in &page.messages {
            items.extend(object::item(message)?);
        }
        let bytes: usize = items.iter().map(|item| item.json.get().len()).sum();
        let is_full = items.len() >= limit || (bytes > ENOUGH_BYTES && !items.is_empty());
        if is_full || !page.has_more || query == MAX_QUERIES {
            let end = id::of_item("message", page.next);
            return respond(StatusCode::OK, &List::new(items, page.has_more, Some(end)));
        }
        thread = Thread { after: Some(page.next), limit: limit - items.len(), ..thread };
    }
    Err(Problem::internal("a page has no end"))
}

async fn page<S>(caller: &Caller<S>, ids: &Ids, thread: Thread) -> Result<MessagePage, Problem> {
    match messages::list(caller.store(), thread).await {
        Ok(page) => Ok(page),
        Err(AppError::NotFound) => Err(ids.no_conversation()),
        Err(error) => Err(error.into()),
    }
}
