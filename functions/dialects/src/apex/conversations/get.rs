use axum::extract::RawQuery;
use deskless_api::{ApiPath, Caller, Reply, dialect::respond, scope::ReadConversations};
use deskless_app::conversations;
use deskless_domain::ConversationId;
use http::StatusCode;

use super::{SERVICE, row};
use crate::apex::{organization, query::Query};

/// Returns a conversation.
pub async fn get(
    caller: Caller<ReadConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    RawQuery(query): RawQuery,
) -> Reply {
    let mut query = Query::of_one(query.as_deref(), &SERVICE)?;
    organization::take(&caller, &mut query)?;
    query.refuse_conditions()?;
    let view = conversations::get(caller.store(), id).await?;
    let found = row(&caller.store().workspace_id().to_string(), &view.conversation, &view.names);
    respond(StatusCode::OK, &query.selected(found))
}
