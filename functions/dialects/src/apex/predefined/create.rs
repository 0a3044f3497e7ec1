use axum::extract::RawQuery;
use deserr::Deserr;
use deskless_api::{Caller, Idempotent, InvalidRequest, Reply, dialect::respond, replayed, scope::WriteReplies};
use deskless_app::predefined_messages::{self, CreatePredefinedMessage};
use deskless_domain::{Author, PredefinedMessageType, Template, Title};
use http::StatusCode;

use super::dto::{SERVICE, file_in, row};
use crate::apex::{organization, query::Query};

/// A predefined message to create. `filename` and `mime_type` are those of the file, and `created_by_user_id` is the API key.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct CreatePredefined {
    #[deserr(default)]
    organization_id: Option<String>,
    title: Title,
    content: Template,
    #[deserr(default = PredefinedMessageType::Text)]
    message_type: PredefinedMessageType,
    #[deserr(default)]
    media_url: Option<String>,
    #[deserr(default, rename = "filename")]
    _filename: Option<String>,
    #[deserr(default, rename = "mime_type")]
    _mime_type: Option<String>,
    #[deserr(default, rename = "created_by_user_id")]
    _created_by: Option<String>,
}

/// Saves a reply as a predefined message.
pub async fn create(
    caller: Caller<WriteReplies>,
    RawQuery(query): RawQuery,
    request: Idempotent<CreatePredefined>,
) -> Reply {
    let query = Query::of_one(query.as_deref(), &SERVICE)?;
    query.refuse_conditions()?;
    let (request, key) = request.into_parts(&caller);
    organization::check(&caller, request.organization_id.as_deref())?;
    let credential = caller.credential();
    let command = CreatePredefinedMessage {
        title: request.title,
        content: request.content,
        message_type: request.message_type,
        file: request.media_url.as_deref().map(file_in).transpose()?,
        author: Author { id: credential.id, name: credential.name.clone() },
    };
    let saved = predefined_messages::create(caller.store(), command, key.as_ref()).await?;
    let created = row(&caller.store().workspace_id().to_string(), &saved.outcome);
    replayed(saved.is_replay, respond(StatusCode::CREATED, &query.selected(created)))
}
