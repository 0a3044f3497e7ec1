//! Files: AP-61 to AP-66. Their rows are here, their bytes in the bucket.
//!
//! Whatever lies in the bucket for good has a row: before an object is copied out of reach of its uploader, its row loses
//! its end and stands under its conversation, where a purge finds it.

mod delete;
mod erase;
mod get;
mod item;
mod register;
mod sign;

use deskless_domain::{File, FileStatus};
pub use erase::FileChange;

use crate::{Download, StoreError, TenantStore, Upload};

impl TenantStore {
    /// The form that uploads a file which is not there yet.
    ///
    /// # Errors
    /// When there is no bucket.
    pub fn upload(&self, file: &File) -> Result<Upload, StoreError> {
        let key = self.keys().pending_object(file.id);
        Ok(self.bucket()?.upload(&key, &file.draft.content_type, file.draft.size))
    }

    /// The address of a file that is there.
    ///
    /// # Errors
    /// When there is no bucket.
    pub fn download(&self, file: &File) -> Result<Option<Download>, StoreError> {
        if file.status == FileStatus::Pending {
            return Ok(None);
        }
        self.bucket()?.download(&self.keys().file_object(file.id), &file.draft.name).map(Some)
    }
}
