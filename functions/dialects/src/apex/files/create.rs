use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Problem, Reply, dialect::respond, replayed,
    scope::WriteFiles,
};
use deskless_app::{AppError, files};
use deskless_domain::{ContentType, ConversationId, Field, FileCategory, FileDraft, FileSize, FileTitle, InvalidField};
use http::StatusCode;
use serde_json::json;

use super::id_in;
use crate::apex::{
    error::{bad_request, invalid},
    organization,
};

/// An uploaded file.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct CreateFile {
    #[deserr(default)]
    conversation_id: Option<ConversationId>,
    #[deserr(default)]
    organization_id: Option<String>,
    file_name: FileTitle,
    file_type: ContentType,
    file_size: FileSize,
    s3_key: String,
    #[deserr(default)]
    s3_path: Option<String>,
    #[deserr(default)]
    file_category: Option<FileCategory>,
}

/// Registers an uploaded file.
pub async fn create(
    caller: Caller<WriteFiles>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateFile>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    organization::check(&caller, request.organization_id.as_deref())?;
    let id = id_in(&request.s3_key)
        .ok_or_else(|| bad_request("s3_key", "must be the `s3PathWithoutBucket` of a signed URL"))?;
    if request.s3_path.as_deref().is_some_and(|path| id_in(path) != Some(id)) {
        return Err(bad_request("s3_path", "must be the `s3Path` of the same signed URL as `s3_key`"));
    }
    let category = request.file_type.category();
    if request.file_category.is_some_and(|given| given != category) {
        return Err(bad_request("file_category", format!("must be {category}, by its `file_type`")));
    }
    let draft = FileDraft {
        conversation_id: request.conversation_id,
        name: request.file_name,
        content_type: request.file_type,
        size: request.file_size,
    };
    let store = caller.store();
    let (object_key, uri) = files::location(store, id)?;
    let registered = files::register_uploaded(store, id, draft, key.as_ref()).await.map_err(of_upload)?;
    let file = &registered.outcome;
    let body = json!({
        "_id": file.id.to_string(),
        "id": file.id.to_string(),
        "conversation_id": file.draft.conversation_id.map(|id| id.to_string()),
        "organization_id": store.workspace_id().to_string(),
        "file_name": file.draft.name,
        "file_type": file.draft.content_type,
        "file_size": file.draft.size.bytes(),
        "file_category": file.category(),
        "s3_key": object_key,
        "s3_path": uri,
        "created_at": file.created_at().to_string(),
    });
    replayed(registered.is_replay, respond(StatusCode::CREATED, &body))
}

/// Names the file as the request does.
fn of_upload(error: AppError) -> Problem {
    match error {
        AppError::Invalid(fields) => match fields.as_slice() {
            [InvalidField { field: Field::File, invalid: reason }] => invalid("s3_key", reason),
            _ => AppError::Invalid(fields).into(),
        },
        error => error.into(),
    }
}
