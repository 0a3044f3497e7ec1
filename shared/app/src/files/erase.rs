use deskless_domain::{FileId, Timestamp};
use deskless_store::{FileChange, TenantStore};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::AppError;

/// The number of files that are removed concurrently.
const CONCURRENCY: usize = 16;

/// AP-65: Removes a deleted file: first its objects, then its row under the conversation, and its own row last, so that an interrupted
/// removal is resumed. If the file may be registered at the moment, its own row expires after the registration instead, and its expiry
/// runs this once more, so that no copy is left behind.
///
/// # Errors
/// [`AppError::Unavailable`] when the bucket or the table does not respond.
pub async fn erase(deleted: &FileChange) -> Result<(), AppError> {
    let FileChange { tenant: store, id, conversation } = deleted;
    let claimed_until = erase_objects(store, *id).await?;
    if let Some(conversation) = conversation {
        store.remove_file_of_conversation(*conversation, *id).await?;
    }
    erase_row(store, *id, claimed_until).await
}

/// Removes the objects and rows of a deleted conversation's files. Their rows under the conversation are removed later, with the
/// conversation's other items.
///
/// # Errors
/// As [`erase`].
pub async fn erase_all(store: &TenantStore, files: &[FileId]) -> Result<(), AppError> {
    let erase = |id| async move {
        let claimed_until = erase_objects(store, id).await?;
        erase_row(store, id, claimed_until).await
    };
    stream::iter(files.to_vec()).map(erase).buffer_unordered(CONCURRENCY).try_collect().await
}

/// Removes the objects of a file. Returns until when a registration may be running that copies one of them again.
async fn erase_objects(store: &TenantStore, id: FileId) -> Result<Option<Timestamp>, AppError> {
    let claimed_until = store.upload_claimed_until(id).await?;
    tokio::try_join!(store.delete_upload(id), store.delete_object(id))?;
    Ok(claimed_until)
}

async fn erase_row(store: &TenantStore, id: FileId, claimed_until: Option<Timestamp>) -> Result<(), AppError> {
    match claimed_until {
        Some(until) => Ok(store.expire_file(id, until).await?),
        None => Ok(store.remove_file(id).await?),
    }
}
