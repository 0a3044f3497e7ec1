use deskless_api::{Caller, Reply, dialect::respond, scope::ReadConversations};
use http::StatusCode;

use super::find::find;
use crate::openai::{id::Ids, query::IncludeQuery};

/// Returns an item.
pub async fn retrieve(caller: Caller<ReadConversations>, ids: Ids, _: IncludeQuery) -> Reply {
    let (_, item) = find(&caller, &ids).await?;
    respond(StatusCode::OK, &item.json)
}
