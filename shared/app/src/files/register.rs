use std::time::Duration;

use deskless_domain::{File, FileId, FileStatus};
use deskless_store::{Backoff, IdempotencyKey, Once, StoreError, TenantStore, UploadedObject};

use super::{FileAccess, no_such_file};
use crate::AppError;

/// For how long a response waits until the upload is deleted.
const CLEANUP: Duration = Duration::from_secs(1);

/// Registers an upload: checks the object, claims the file, copies the object out of its uploader's reach and marks the file
/// as ready, in this order. A step that is interrupted can be taken again, and no object is left without a row. A
/// registered file stays as it is.
///
/// # Errors
/// [`AppError::Invalid`] when there is no such file; `Conflict` when nothing was uploaded or the upload differs from what was
/// signed; [`AppError::IdempotencyKeyReused`].
pub async fn register(
    access: FileAccess<'_>,
    id: FileId,
    key: Option<&IdempotencyKey>,
) -> Result<Once<File>, AppError> {
    let store = access.store();
    let mut backoff = Backoff::new(store.clock());
    let (mut found, earlier) = tokio::try_join!(access.find(id), store.replay(key))?;
    if let Some(earlier) = earlier {
        return Ok(Once::replay(earlier));
    }
    loop {
        let file = found.ok_or_else(no_such_file)?;
        if file.status == FileStatus::Ready {
            return Ok(store.record_outcome(file, key).await?);
        }
        if let Some(registered) = attempt(store, &file, key).await? {
            return Ok(registered);
        }
        if let Some(earlier) = store.replay(key).await? {
            return Ok(Once::replay(earlier));
        }
        // Somebody else works on the file or its conversation: read it again.
        backoff.pause("the file keeps changing").await?;
        found = access.find(id).await?;
    }
}

/// Tries to register a file. Returns `None` when something has changed on the way.
async fn attempt(
    store: &TenantStore,
    file: &File,
    key: Option<&IdempotencyKey>,
) -> Result<Option<Once<File>>, AppError> {
    let Some(object) = store.uploaded_object(file).await? else {
        // A faster registration deletes the upload when it is done.
        let current = store.find_file(file.id, None).await?;
        let is_ready = current.is_some_and(|current| current.status == FileStatus::Ready);
        return if is_ready { Ok(None) } else { Err(StoreError::NotUploaded.into()) };
    };
    check(file, &object)?;
    if !store.claim_upload(file, &object.etag).await? || !store.keep_upload(file, &object.etag).await? {
        return Ok(None);
    }
    let ready = File { status: FileStatus::Ready, version: file.version + 1, ..file.clone() };
    let registered = store.mark_ready(&ready, key).await?;
    if registered.is_none() {
        // Nothing refers to the copied object any more, unless a faster registration copied the same one.
        if store.find_file(file.id, None).await?.is_none() {
            store.delete_object(file.id).await?;
        }
        return Ok(None);
    }
    // If this fails, the bucket's lifecycle rule deletes the upload.
    let _ = tokio::time::timeout(CLEANUP, store.delete_upload(file.id)).await;
    Ok(registered)
}

/// Checks an upload against what was signed. S3 does so too; this covers objects that came another way.
fn check(file: &File, object: &UploadedObject) -> Result<(), AppError> {
    let is_same = object.size == file.draft.size.bytes()
        && object.content_type.eq_ignore_ascii_case(file.draft.content_type.as_str());
    if is_same { Ok(()) } else { Err(StoreError::UploadDiffers.into()) }
}
