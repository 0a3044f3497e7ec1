use axum::extract::RawQuery;
use deskless_api::{ApiPath, Caller, IfMatch, Reply, dialect::respond, scope::WriteReplies};
use deskless_app::resources;
use deskless_domain::{PredefinedMessage, PredefinedMessageId};
use http::StatusCode;

use super::dto::{SERVICE, row};
use crate::apex::{organization, query::Query};

/// Deletes a predefined message, and returns it as it was.
pub async fn remove(
    caller: Caller<WriteReplies>,
    ApiPath(id): ApiPath<PredefinedMessageId>,
    RawQuery(query): RawQuery,
    IfMatch(precondition): IfMatch,
) -> Reply {
    let mut query = Query::of_one(query.as_deref(), &SERVICE)?;
    organization::take(&caller, &mut query)?;
    query.refuse_conditions()?;
    let store = caller.store();
    let found = resources::get::<PredefinedMessage>(store, id).await?;
    resources::delete::<PredefinedMessage>(store, id, &precondition).await?;
    respond(StatusCode::OK, &query.selected(row(&store.workspace_id().to_string(), &found)))
}
