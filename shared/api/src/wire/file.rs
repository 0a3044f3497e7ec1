//! The wire format of files.

use deskless_app::files::Download;
use deskless_domain::{ContentType, File, FileCategory, FileStatus, FileTitle};
use serde::Serialize;
use utoipa::ToSchema;

crate::object_tag!(
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
    /// Creates the object. A ready file that is retrieved has a download.
    #[must_use]
    pub fn new(file: &File, download: Option<Download>) -> Self {
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
