//! The wire format of files.

use std::collections::BTreeMap;

use deskless_api::object_tag;
use deskless_app::files::{Download, Upload};
use deskless_domain::{ContentType, File, FileCategory, FileStatus, FileTitle};
use serde::Serialize;
use utoipa::ToSchema;

object_tag!(
    /// `"file"`
    FileTag = "file"
);

/// A file that can be attached to messages.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = File)]
pub struct FileObject {
    object: FileTag,
    #[schema(format = "uuid")]
    id: String,
    /// The conversation that the file belongs to. `null` for a file of the workspace.
    #[schema(required, format = "uuid")]
    conversation_id: Option<String>,
    #[schema(value_type = String)]
    file_name: FileTitle,
    #[schema(value_type = String)]
    content_type: ContentType,
    /// The size in bytes.
    size: u64,
    category: FileCategory,
    /// A file that is not registered within a day is deleted.
    status: FileStatus,
    /// A signed URL. `null` unless you retrieve a `ready` file.
    #[schema(required, format = "uri")]
    download_url: Option<String>,
    /// The time at which `downloadUrl` expires.
    #[schema(required, format = "date-time")]
    download_url_expires_at: Option<String>,
    /// The time of creation.
    #[schema(format = "date-time")]
    created_at: String,
}

impl FileObject {
    fn new(file: &File, download: Option<Download>) -> Self {
        let (url, until) = download.map(|Download { url, expires_at }| (url, expires_at.to_string())).unzip();
        Self {
            object: FileTag,
            id: file.id.to_string(),
            conversation_id: file.draft.conversation_id.map(|id| id.to_string()),
            file_name: file.draft.name.clone(),
            content_type: file.draft.content_type.clone(),
            size: file.draft.size.bytes(),
            category: file.category(),
            status: file.status,
            download_url: url,
            download_url_expires_at: until,
            created_at: file.created_at().to_string(),
        }
    }
}

/// A file.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileResponse {
    file: FileObject,
}

impl FileResponse {
    pub fn new(file: &File, download: Option<Download>) -> Self {
        Self { file: FileObject::new(file, download) }
    }
}

/// A form that uploads a file directly to S3.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Upload)]
pub struct UploadObject {
    #[schema(pattern = "^POST$")]
    method: &'static str,
    #[schema(format = "uri")]
    url: String,
    /// The fields of the form. Send exactly these, then the file as `file`.
    fields: BTreeMap<&'static str, String>,
    /// The time at which the form expires.
    #[schema(format = "date-time")]
    expires_at: String,
}

impl From<Upload> for UploadObject {
    fn from(Upload { url, fields, expires_at }: Upload) -> Self {
        Self { method: "POST", url, fields: fields.into_iter().collect(), expires_at: expires_at.to_string() }
    }
}

/// A pending file with its upload form.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignedFileResponse)]
pub struct SignFileResponse {
    file: FileObject,
    /// A repeat has a new signature, or `null` after the file was registered or deleted.
    #[schema(required)]
    upload: Option<UploadObject>,
}

impl SignFileResponse {
    pub fn new(file: &File, upload: Option<Upload>) -> Self {
        Self { file: FileObject::new(file, None), upload: upload.map(UploadObject::from) }
    }
}
