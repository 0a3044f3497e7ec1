use axum::extract::RawQuery;
use deskless_api::{Caller, Reply, dialect::respond, scope::ReadConversations};
use deskless_app::messages;
use deskless_domain::Channel;
use http::StatusCode;

use super::{
    PathId,
    dto::{SERVICE, conversation, row},
};
use crate::apex::{organization, query::Query};

/// Returns a message.
pub async fn get(channel: Channel, caller: Caller<ReadConversations>, id: PathId, RawQuery(query): RawQuery) -> Reply {
    let mut query = Query::of_one(query.as_deref(), &SERVICE)?;
    organization::take(&caller, &mut query)?;
    let (conversation, id) = id.resolve(channel, conversation(&mut query)?)?;
    query.refuse_conditions()?;
    let message = messages::get(caller.store(), conversation, id).await?;
    respond(StatusCode::OK, &query.selected(row(&caller.store().workspace_id().to_string(), &message)))
}
