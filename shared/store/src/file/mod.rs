//! Files: AP-61 to AP-66. Their items are in the table, their objects in the bucket.

mod delete;
mod erase;
mod get;
mod item;
mod sign;
mod upload;

use deskless_domain::{ContentType, File, FileId, FileStatus};
pub use erase::FileChange;
pub(crate) use item::read;
pub use upload::UploadedObject;

use crate::{Download, StoreError, TenantStore, Upload};

/// A presigned URL to which a file is sent with PUT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadUrl {
    /// The URL.
    pub url: String,
    /// The key of the object.
    pub key: String,
    /// The URI of the object: `s3://{bucket}/{key}`.
    pub uri: String,
}

impl TenantStore {
    /// Returns the form that uploads a pending file.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when no bucket is configured.
    pub fn upload_form(&self, file: &File) -> Result<Upload, StoreError> {
        let key = self.keys().pending_object(file.id);
        Ok(self.bucket()?.upload(&key, &file.draft.content_type, file.draft.size))
    }

    /// Returns a URL to which a file of this content type can be sent with PUT, within five minutes. The file needs no row before it is
    /// registered.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when no bucket is configured.
    pub fn upload_url(&self, id: FileId, content_type: &ContentType) -> Result<UploadUrl, StoreError> {
        let (bucket, key) = (self.bucket()?, self.keys().pending_object(id));
        Ok(UploadUrl { url: bucket.upload_url(&key, content_type)?, uri: bucket.uri(&key), key })
    }

    /// Returns the key and the URI of the object of a ready file.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when no bucket is configured.
    pub fn object_of(&self, id: FileId) -> Result<(String, String), StoreError> {
        let key = self.keys().file_object(id);
        Ok((key.clone(), self.bucket()?.uri(&key)))
    }

    /// Returns the download URL of a ready file; `None` for a pending one.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when no bucket is configured.
    pub fn download_url(&self, file: &File) -> Result<Option<Download>, StoreError> {
        if file.status == FileStatus::Pending {
            return Ok(None);
        }
        self.bucket()?.download(&self.keys().file_object(file.id), &file.draft.name).map(Some)
    }
}
