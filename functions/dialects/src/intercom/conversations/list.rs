use deskless_api::{ApiQuery, Caller, CursorScope, Reply, dialect::respond, scope::ReadConversations};
use deskless_app::{
    conversations::{self, ConversationList, ListConversations, ListConversationsAt, Position, Sort, Walk},
    messages,
};
use deskless_domain::{Identifier, MessageId, Offset, Order};
use http::StatusCode;
use serde_json::json;

use super::context;
use crate::intercom::{
    exact,
    pages::{PageQuery, Start},
    search::ConversationQuery,
    shape::{conversation::Shown, part::BodyFormat},
};

/// The most reads of conversations for one page of a search. Each one evaluates some thousand rows at most.
const MAX_READS: usize = 10;
/// The number of conversations in a read of a search.
const BATCH: usize = 200;

/// List conversations by activity, newest first.
pub async fn list_conversations(caller: Caller<ReadConversations>, ApiQuery(query): ApiQuery<PageQuery<20>>) -> Reply {
    let (per_page, cursor) = query.parts()?;
    page(&caller, ConversationQuery::all(), per_page, cursor.as_deref()).await
}

/// Returns a page of the conversations that match a query. A page of a search can be short, or empty, and have a next one.
pub async fn page(
    caller: &Caller<ReadConversations>,
    query: ConversationQuery,
    per_page: usize,
    cursor: Option<&str>,
) -> Reply {
    let store = caller.store();
    let scope = CursorScope::new(store.workspace_id(), &["intercom conversations", &query.text]);
    let start = Start::decode(&scope, cursor)?;
    let context = context(store);
    let at = |frontier| Walk::ByActivity(Order::Desc, Some(Position { frontier, until: None }));
    let is_all = query.pushed.is_all;
    let mut command = ListConversations {
        filters: query.pushed.filters,
        walk: start.after.map_or(Walk::ByActivity(Order::Desc, None), |after| at(MessageId::from_bytes(after))),
        limit: if is_all { per_page } else { BATCH.max(per_page) },
    };
    let mut found = Vec::new();
    let mut next = None;
    for _ in 0..MAX_READS {
        let ConversationList { conversations, next: following, names, .. } =
            conversations::list(store, &command).await?;
        for conversation in conversations {
            if found.len() < per_page && query.test.holds(&conversation, &context) {
                found.push((conversation, names.clone()));
            } else if found.len() == per_page {
                // The page is full, and there is at least one more row.
                next = found.last().map(|(last, _)| at(last.activity));
                break;
            }
        }
        if next.is_some() {
            break;
        }
        next = following;
        match following {
            Some(walk) if found.len() < per_page => command.walk = walk,
            _ => break,
        }
        next = following;
    }
    let next = match next {
        Some(Walk::ByActivity(_, Some(position))) => Some(start.following(position.frontier.to_bytes(), found.len())),
        _ => None,
    };
    let (total, is_exact) = match next {
        None => (u64::from(start.rows) + found.len() as u64, true),
        Some(next) => {
            let least = u64::from(next.rows) + 1;
            if is_all {
                let sort = Sort::ByActivity(Order::Desc);
                let count = ListConversationsAt { filters: command.filters, sort, offset: Offset::START, limit: 0 };
                let total = conversations::list_at(store, &count).await?.page.total;
                (total.count.max(least), total.is_exact)
            } else {
                (least, false)
            }
        }
    };
    let first = messages::first_of(store, found.iter().map(|(conversation, _)| conversation.id)).await?;
    let object = |(conversation, names): &(deskless_domain::Conversation, _)| {
        let names: &deskless_app::Directory = names;
        let assistant = conversation.placement.assistant_id.and_then(|id| names.assistant(id));
        let shown = Shown {
            conversation,
            assistant: assistant.map(|assistant| assistant.name.as_str()),
            first: first.get(&conversation.id),
            format: BodyFormat::Html,
        };
        shown.object(&context)
    };
    let body = json!({
        "type": "conversation.list",
        "conversations": found.iter().map(object).collect::<Vec<_>>(),
        "total_count": total,
        "pages": start.pages(&scope, per_page, total, next),
    });
    exact(is_exact, respond(StatusCode::OK, &body))
}
