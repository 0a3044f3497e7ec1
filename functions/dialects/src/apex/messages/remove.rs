use axum::extract::RawQuery;
use deskless_api::{Caller, IfMatch, Reply, dialect::respond, scope::WriteConversations};
use deskless_app::messages;
use deskless_domain::Channel;
use http::StatusCode;

use super::{
    PathId,
    dto::{SERVICE, conversation, row},
};
use crate::apex::{organization, query::Query};

/// Deletes a message, and returns it as it was.
pub async fn remove(
    channel: Channel,
    caller: Caller<WriteConversations>,
    id: PathId,
    RawQuery(query): RawQuery,
    IfMatch(precondition): IfMatch,
) -> Reply {
    let mut query = Query::of_one(query.as_deref(), &SERVICE)?;
    organization::take(&caller, &mut query)?;
    let (conversation, id) = id.resolve(channel, conversation(&mut query)?)?;
    query.refuse_conditions()?;
    let message = messages::get(caller.store(), conversation, id).await?;
    let found = query.selected(row(&caller.store().workspace_id().to_string(), &message));
    messages::delete(caller.store(), conversation, id, &precondition).await?;
    respond(StatusCode::OK, &found)
}
