use axum::extract::RawQuery;
use deskless_api::{Caller, Problem, Reply, scope::ReadConversations};
use deskless_app::{
    TenantStore, Total,
    conversations::{self, ConversationList, ConversationsAt, ListConversations, ListConversationsAt, Sort, Walk},
};
use deskless_domain::{ConversationFilter, Order};
use serde_json::Value;

use super::{SERVICE, filter, row};
use crate::apex::{error::bad_request, organization, query::Query};

/// The rows that are read at once.
const ROWS: usize = 100;
/// The rows up to which matching ones are counted, if some conditions are compared here.
const COUNTED: usize = 1_000;
/// The rows that are read at most to fill a page.
const MOST_ROWS: usize = 5_000;

/// Lists conversations.
pub async fn find(caller: Caller<ReadConversations>, RawQuery(query): RawQuery) -> Reply {
    let mut query = Query::parse(query.as_deref(), &SERVICE)?;
    organization::take(&caller, &mut query)?;
    let sort = sort(&query)?;
    let taken = filter::take(&mut query)?;
    let store = caller.store();
    let filters = conversations::resolve_filters(store, taken.filter, taken.view).await?;
    let (rows, total) = if taken.search.is_none() && query.all.is_empty() && query.any.is_empty() {
        page(store, filters, sort, &query).await?
    } else {
        walk(store, filters, sort, &query, taken.search.as_deref()).await?
    };
    query.page(rows, total)
}

/// Returns the order of the list: the conversation with the newest message first, if there is no other.
fn sort(query: &Query) -> Result<Sort, Problem> {
    match query.sort.as_slice() {
        [] => Ok(Sort::ByActivity(Order::Desc)),
        [("created_at", order)] => Ok(Sort::ByCreation(*order)),
        [("last_message_at", order)] => Ok(Sort::ByActivity(*order)),
        _ => Err(bad_request("$sort", "must have one field, `created_at` or `last_message_at`")),
    }
}

/// Reads a page that the store filters.
async fn page(
    store: &TenantStore,
    filters: Vec<ConversationFilter>,
    sort: Sort,
    query: &Query,
) -> Result<(Vec<Value>, Total), Problem> {
    let command = ListConversationsAt { filters, sort, offset: query.skip, limit: query.limit };
    let ConversationsAt { page, names } = conversations::list_at(store, &command).await?;
    let organization = store.workspace_id().to_string();
    let rows = page.rows.iter().map(|conversation| row(&organization, conversation, &names)).collect();
    Ok((rows, page.total))
}

/// Reads rows in their order and compares each one, until the page is full and [`COUNTED`] rows were read. The total is a lower bound
/// if there are more, and always greater than the rows up to the end of the page if others follow.
async fn walk(
    store: &TenantStore,
    filters: Vec<ConversationFilter>,
    sort: Sort,
    query: &Query,
    search: Option<&str>,
) -> Result<(Vec<Value>, Total), Problem> {
    let organization = store.workspace_id().to_string();
    let start = match sort {
        Sort::ByActivity(order) => Walk::ByActivity(order, None),
        Sort::ByCreation(order) => Walk::ByCreation(order, None),
    };
    let end = query.skip.rows() + query.limit;
    let mut command = ListConversations { filters, walk: start, limit: ROWS };
    let (mut rows, mut found, mut read) = (Vec::new(), 0, 0);
    loop {
        let ConversationList { conversations, next, names, .. } = conversations::list(store, &command).await?;
        read += conversations.len().max(ROWS / 2);
        for conversation in &conversations {
            let row = row(&organization, conversation, &names);
            if !query.matches(&row) || search.is_some_and(|text| !contains(&row, text)) {
                continue;
            }
            if found >= query.skip.rows() && found < end {
                rows.push(row);
            }
            found += 1;
        }
        let Some(next) = next else { return Ok((rows, Total::exact(found as u64))) };
        if found > end && read >= COUNTED {
            return Ok((rows, Total::at_least(found as u64, end as u64)));
        }
        if read >= MOST_ROWS {
            let message = format!(
                "matches too few of the newest {MOST_ROWS} conversations to fill the page. Add a filter of `status`, `channel`, \
                 `assigned_user_id`, `tag_id`, `contact_id` or `created_at` with one value"
            );
            return Err(bad_request("query", message));
        }
        command.walk = next;
    }
}

/// Returns whether the contact or the subject of a row contains a text in lower case.
fn contains(row: &Value, text: &str) -> bool {
    let contact = &row["contact"];
    [&contact["name"], &contact["email"], &contact["phone"], &row["subject"]]
        .iter()
        .any(|value| value.as_str().is_some_and(|value| value.to_lowercase().contains(text)))
}
