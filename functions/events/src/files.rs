use deskless_store::{FileChange, StoreError};

/// Removes a deleted file from the bucket, and its rows.
pub(crate) async fn erase(change: &FileChange) -> Result<(), StoreError> {
    change.erase().await
}
