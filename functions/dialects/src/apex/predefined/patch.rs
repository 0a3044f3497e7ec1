use axum::extract::RawQuery;
use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, Caller, IfMatch, InvalidRequest, Optional, Patch, Reply, dialect::respond, scope::WriteReplies,
};
use deskless_app::predefined_messages::{self, UpdatePredefinedMessage};
use deskless_domain::{FieldChange, PredefinedMessageId, PredefinedMessageType, Template, Title};
use http::StatusCode;

use super::dto::{SERVICE, file_in, row};
use crate::apex::{organization, query::Query};

/// An update of a predefined message.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct PatchPredefined {
    #[deserr(default)]
    organization_id: Option<String>,
    #[deserr(default)]
    title: Optional<Title>,
    #[deserr(default)]
    content: Optional<Template>,
    #[deserr(default)]
    message_type: Optional<PredefinedMessageType>,
    #[deserr(default)]
    media_url: Optional<Option<String>>,
    #[deserr(default, rename = "filename")]
    _filename: Option<String>,
    #[deserr(default, rename = "mime_type")]
    _mime_type: Option<String>,
}

/// Updates a predefined message.
pub async fn patch(
    caller: Caller<WriteReplies>,
    ApiPath(id): ApiPath<PredefinedMessageId>,
    RawQuery(query): RawQuery,
    IfMatch(precondition): IfMatch,
    ApiJson(Patch(request)): ApiJson<Patch<PatchPredefined>>,
) -> Reply {
    let mut query = Query::of_one(query.as_deref(), &SERVICE)?;
    organization::take(&caller, &mut query)?;
    query.refuse_conditions()?;
    organization::check(&caller, request.organization_id.as_deref())?;
    let file = match request.media_url.0 {
        None => FieldChange::Keep,
        Some(None) => FieldChange::Clear,
        Some(Some(url)) => FieldChange::Set(file_in(&url)?),
    };
    let update = UpdatePredefinedMessage {
        title: request.title.0,
        content: request.content.0,
        message_type: request.message_type.0,
        file,
    };
    let updated = predefined_messages::update(caller.store(), id, update, &precondition).await?;
    respond(StatusCode::OK, &query.selected(row(&caller.store().workspace_id().to_string(), &updated)))
}
