//! Files: AP-61 to AP-66. Their items are in the table, their objects in the bucket.

mod delete;
mod erase;
mod get;
mod item;
mod sign;
mod upload;

use deskless_domain::{File, FileStatus};
pub use erase::FileChange;
pub use upload::UploadedObject;

use crate::{Download, StoreError, TenantStore, Upload};

impl TenantStore {
    /// Returns the form that uploads a pending file.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when no bucket is configured.
    pub fn upload_form(&self, file: &File) -> Result<Upload, StoreError> {
        let key = self.keys().pending_object(file.id);
        Ok(self.bucket()?.upload(&key, &file.draft.content_type, file.draft.size))
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
