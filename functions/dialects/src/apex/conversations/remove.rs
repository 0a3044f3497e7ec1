use axum::extract::RawQuery;
use deskless_api::{ApiPath, Caller, IfMatch, Reply, dialect::respond, scope::WriteConversations};
use deskless_app::conversations;
use deskless_domain::ConversationId;
use http::StatusCode;

use super::{SERVICE, row};
use crate::apex::{organization, query::Query};

/// Deletes a conversation, and returns it as it was.
pub async fn remove(
    caller: Caller<WriteConversations>,
    ApiPath(id): ApiPath<ConversationId>,
    RawQuery(query): RawQuery,
    IfMatch(precondition): IfMatch,
) -> Reply {
    let mut query = Query::of_one(query.as_deref(), &SERVICE)?;
    organization::take(&caller, &mut query)?;
    query.refuse_conditions()?;
    let view = conversations::get(caller.store(), id).await?;
    let found = query.selected(row(&caller.store().workspace_id().to_string(), &view.conversation, &view.names));
    conversations::delete(caller.store(), id, None, &precondition).await?;
    respond(StatusCode::OK, &found)
}
