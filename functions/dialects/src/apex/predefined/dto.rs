//! The wire format of predefined messages.

use deskless_api::Problem;
use deskless_app::{
    AppError, TenantStore,
    files::{self, FileAccess},
};
use deskless_domain::{FileId, PredefinedMessage, Resource};
use serde_json::{Value, json};

use crate::apex::{
    error::bad_request,
    files::id_in,
    organization::ORGANIZATION,
    query::{Field, Kind, Service},
};

const FIELDS: &[Field] = &[
    Field::new(ORGANIZATION, Kind::Text),
    Field::new("id", Kind::Id),
    Field::new("title", Kind::Text),
    Field::new("content", Kind::Text),
    Field::new("message_type", Kind::Text),
    Field::new("created_by_user_id", Kind::Id),
    Field::new("created_at", Kind::Time),
    Field::new("updated_at", Kind::Time),
];

/// The fields of a row.
const COLUMNS: &[&str] = &[
    "id",
    "organization_id",
    "title",
    "content",
    "message_type",
    "media_url",
    "filename",
    "mime_type",
    "created_by_user_id",
    "created_at",
    "updated_at",
];

/// The service.
pub static SERVICE: Service = Service { fields: FIELDS, columns: COLUMNS };

/// Returns the file in a `media_url`.
///
/// # Errors
/// `BadRequest` when it is not that of an uploaded file.
pub fn file_in(media_url: &str) -> Result<FileId, Problem> {
    let message = "must be the key or the URL of a registered file, or its id. Files elsewhere cannot be attached";
    id_in(media_url).ok_or_else(|| bad_request("media_url", message))
}

/// Returns a predefined message in the service's format, without the properties of its file.
pub fn row(organization: &str, resource: &Resource<PredefinedMessage>) -> Value {
    let PredefinedMessage { title, content, message_type, file, created_by, retitled_at: _ } = &resource.fields;
    json!({
        "id": resource.id.to_string(),
        "organization_id": organization,
        "title": title,
        "content": content,
        "message_type": message_type,
        "media_url": file.map(|file| format!("files/{organization}/{}", file.id)),
        "filename": null,
        "mime_type": null,
        "created_by_user_id": created_by.id.to_string(),
        "created_at": resource.created_at().to_string(),
        "updated_at": resource.updated_at.to_string(),
    })
}

/// Adds the name and the type of a row's file. They stay null if the file was deleted.
///
/// # Errors
/// `Unavailable` when the table does not respond.
pub async fn with_file(store: &TenantStore, mut row: Value) -> Result<Value, Problem> {
    let Some(id) = row["media_url"].as_str().and_then(id_in) else { return Ok(row) };
    match files::get(FileAccess::Workspace(store), id).await {
        Ok((file, _)) => {
            row["filename"] = json!(file.draft.name);
            row["mime_type"] = json!(file.draft.content_type);
            Ok(row)
        }
        Err(AppError::NotFound) => Ok(row),
        Err(error) => Err(error.into()),
    }
}
