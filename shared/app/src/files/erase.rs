use std::time::Duration;

use deskless_domain::FileId;
use deskless_store::{FileChange, TenantStore};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::AppError;

/// How many files of a conversation are removed at the same time.
const SIDE_BY_SIDE: usize = 16;

/// Removes what a deleted file leaves behind: its objects, its place under its conversation, and its row last, so that a removal
/// that is interrupted is taken up again.
///
/// # Errors
/// When the bucket or the table does not answer, and while a registration is at work on the file.
pub async fn erase(deleted: &FileChange) -> Result<(), AppError> {
    let FileChange { tenant: store, id, conversation } = deleted;
    erase_objects(store, *id).await?;
    if let Some(conversation) = conversation {
        store.remove_file_of_conversation(*conversation, *id).await?;
    }
    Ok(store.remove_file(*id).await?)
}

/// Removes the objects and rows of a deleted conversation's files. What lists them under the conversation is removed later,
/// with everything else under it.
///
/// # Errors
/// As [`erase`].
pub async fn erase_all(store: &TenantStore, files: &[FileId]) -> Result<(), AppError> {
    let erase = |&id| async move {
        erase_objects(store, id).await?;
        Ok::<_, AppError>(store.remove_file(id).await?)
    };
    stream::iter(files).map(erase).buffer_unordered(SIDE_BY_SIDE).try_collect().await
}

async fn erase_objects(store: &TenantStore, id: FileId) -> Result<(), AppError> {
    let left = store.upload_claimed_for(id).await?;
    if left > 0 {
        // A registration at work would leave its copy where nobody looks any more. It ends soon, or is dead.
        tokio::time::sleep(Duration::from_millis(left)).await;
        if store.upload_claimed_for(id).await? > 0 {
            return Err(AppError::Unavailable("a deleted file is being registered".to_owned()));
        }
    }
    tokio::try_join!(store.delete_upload(id), store.delete_object(id))?;
    Ok(())
}
