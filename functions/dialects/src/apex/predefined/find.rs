use axum::extract::RawQuery;
use deskless_api::{Caller, Reply, scope::ReadReplies};
use deskless_app::predefined_messages;

use super::dto::{SERVICE, row, with_file};
use crate::apex::{organization, query::Query};

/// Lists predefined messages, by title if there is no other order.
pub async fn find(caller: Caller<ReadReplies>, RawQuery(query): RawQuery) -> Reply {
    let mut query = Query::parse(query.as_deref(), &SERVICE)?;
    organization::take(&caller, &mut query)?;
    let store = caller.store();
    let organization = store.workspace_id().to_string();
    let all = predefined_messages::all(store).await?.iter().map(|message| row(&organization, message)).collect();
    let (page, total) = query.cut(all, &SERVICE);
    let mut rows = Vec::with_capacity(page.len());
    for row in page {
        rows.push(with_file(store, row).await?);
    }
    query.page(rows, total)
}
