use axum::extract::RawQuery;
use deskless_api::{Caller, Problem, Reply, scope::ReadConversations};
use deskless_app::{
    TenantStore, Total,
    messages::{self, MessagePage, Thread, ThreadAt},
};
use deskless_domain::{Channel, ConversationId, Order};
use serde_json::Value;

use super::dto::{CONVERSATION, SERVICE, conversation, row, simplify};
use crate::apex::{error::bad_request, organization, query::Query};

/// The messages that are read at once.
const ROWS: usize = 250;
/// The messages that are read at most, if conditions are compared here.
const MOST_ROWS: usize = 10_000;

/// Lists the messages of a conversation.
pub async fn find(channel: Channel, caller: Caller<ReadConversations>, RawQuery(query): RawQuery) -> Reply {
    let mut query = Query::parse(query.as_deref(), &SERVICE)?;
    organization::take(&caller, &mut query)?;
    let conversation = conversation(&mut query)?.ok_or_else(|| bad_request(CONVERSATION, "is required"))?;
    let order = match query.sort.as_slice() {
        [] => Order::Asc,
        [("created_at" | "_id" | "id", order)] => *order,
        _ => return Err(bad_request("$sort", "must have one field, `created_at`")),
    };
    if conversation.channel() != Some(channel) {
        return Err(Problem::not_found());
    }
    simplify(&mut query);
    let store = caller.store();
    let organization = store.workspace_id().to_string();
    let (rows, total) = if query.all.is_empty() && query.any.is_empty() {
        let thread = ThreadAt { conversation, order, offset: query.skip, limit: query.limit };
        let page = messages::list_at(store, thread).await?;
        (page.rows.iter().map(|message| row(&organization, message)).collect(), page.total)
    } else {
        walk(store, conversation, order, &query).await?
    };
    query.page(rows, total)
}

/// Reads the thread and compares each message. The total is exact if the thread has at most [`MOST_ROWS`] messages.
async fn walk(
    store: &TenantStore,
    conversation: ConversationId,
    order: Order,
    query: &Query,
) -> Result<(Vec<Value>, Total), Problem> {
    let organization = store.workspace_id().to_string();
    let end = query.skip.rows() + query.limit;
    let mut thread = Thread { conversation, order, after: None, limit: ROWS };
    let (mut rows, mut found, mut read) = (Vec::new(), 0, 0);
    loop {
        let MessagePage { messages, next, has_more } = messages::list(store, thread).await?;
        read += messages.len();
        for row in messages.iter().map(|message| row(&organization, message)).filter(|row| query.matches(row)) {
            if found >= query.skip.rows() && found < end {
                rows.push(row);
            }
            found += 1;
        }
        if !has_more {
            return Ok((rows, Total::exact(found as u64)));
        }
        if read >= MOST_ROWS && found > end {
            return Ok((rows, Total::at_least(found as u64, end as u64)));
        }
        if read >= MOST_ROWS {
            let message =
                format!("matches too few of the first {MOST_ROWS} messages to fill the page. Use fewer conditions");
            return Err(bad_request("query", message));
        }
        thread.after = Some(next);
    }
}
