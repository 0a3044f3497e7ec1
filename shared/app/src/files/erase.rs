use std::time::Duration;

use deskless_domain::FileId;
use deskless_store::{FileChange, TenantStore};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::AppError;

/// The number of files that are removed concurrently.
const CONCURRENCY: usize = 16;

/// AP-65: Removes a deleted file: first its objects, then its row under the conversation, and its own row last, so that an interrupted
/// removal is resumed.
///
/// # Errors
/// When the bucket or the table does not answer, [`AppError::Unavailable`] also while the file is being registered.
pub async fn erase(deleted: &FileChange) -> Result<(), AppError> {
    let FileChange { tenant: store, id, conversation } = deleted;
    erase_objects(store, *id).await?;
    if let Some(conversation) = conversation {
        store.remove_file_of_conversation(*conversation, *id).await?;
    }
    Ok(store.remove_file(*id).await?)
}

/// Removes the objects and rows of a deleted conversation's files. Their rows under the conversation are removed later, with the
/// conversation's other items.
///
/// # Errors
/// As [`erase`].
pub async fn erase_all(store: &TenantStore, files: &[FileId]) -> Result<(), AppError> {
    let erase = |id| async move {
        erase_objects(store, id).await?;
        Ok::<_, AppError>(store.remove_file(id).await?)
    };
    stream::iter(files.to_vec()).map(erase).buffer_unordered(CONCURRENCY).try_collect().await
}

/// Removes the objects of a file. If the file may be registered at the moment, waits until the claim of the registration ends, so
/// that no copy is left behind.
async fn erase_objects(store: &TenantStore, id: FileId) -> Result<(), AppError> {
    let remaining = store.upload_claimed_for(id).await?;
    if remaining > 0 {
        tokio::time::sleep(Duration::from_millis(remaining)).await;
        if store.upload_claimed_for(id).await? > 0 {
            return Err(AppError::Unavailable("a deleted file is being registered".to_owned()));
        }
    }
    tokio::try_join!(store.delete_upload(id), store.delete_object(id))?;
    Ok(())
}
