use axum::extract::RawQuery;
use deskless_api::{ApiPath, Caller, Reply, dialect::respond, scope::ReadReplies};
use deskless_app::resources;
use deskless_domain::{PredefinedMessage, PredefinedMessageId};
use http::StatusCode;

use super::dto::{SERVICE, row, with_file};
use crate::apex::{organization, query::Query};

/// Returns a predefined message.
pub async fn get(
    caller: Caller<ReadReplies>,
    ApiPath(id): ApiPath<PredefinedMessageId>,
    RawQuery(query): RawQuery,
) -> Reply {
    let mut query = Query::of_one(query.as_deref(), &SERVICE)?;
    organization::take(&caller, &mut query)?;
    query.refuse_conditions()?;
    let store = caller.store();
    let found = resources::get::<PredefinedMessage>(store, id).await?;
    let row = with_file(store, row(&store.workspace_id().to_string(), &found)).await?;
    respond(StatusCode::OK, &query.selected(row))
}
