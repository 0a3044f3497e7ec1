//! The wire format of files.

use std::collections::BTreeMap;

use deskless_api::wire::FileObject;
use deskless_app::files::{Download, Upload};
use deskless_domain::File;
use serde::Serialize;
use utoipa::ToSchema;

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
