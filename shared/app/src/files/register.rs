use std::time::Duration;

use deskless_domain::{File, FileId, FileStatus};
use deskless_store::{IdempotencyKey, Once, StoreError, TenantStore, UploadedObject};

use super::{FileAccess, no_such_file, of_file};
use crate::AppError;

/// The timeout for deleting the upload, for which the response waits.
const CLEANUP_TIMEOUT: Duration = Duration::from_secs(1);

/// AP-62: Registers an upload, in four steps: checks the object, claims the file, copies the object to a key that the upload form
/// cannot write to, and marks the file as ready. An interrupted registration can be repeated, and no object is left without a row.
/// Registering a file again has no effect.
///
/// S3 gets three requests: a look at the upload, a copy under the condition of its `ETag`, and a deletion. Uploads are under
/// `pending/{workspace}/{id}`, registered files under `files/{workspace}/{id}`. Before the copy, the file's row loses its expiry,
/// and the conversation gets a row for it, so that a removal finds it from then on. The claim lasts 30 s, longer than the timeout
/// of a function.
///
/// # Errors
/// [`AppError::Invalid`] when there is no such file; `Conflict` when the file was not uploaded or the upload differs from the
/// signed file; [`AppError::IdempotencyKeyReused`].
pub async fn register(
    access: FileAccess<'_>,
    id: FileId,
    key: Option<&IdempotencyKey>,
) -> Result<Once<File>, AppError> {
    let store = access.store();
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    let mut found = access.find(id).await?;
    let key = found.as_ref().map_or_else(|| key.cloned(), |file| of_file(key, &file.draft));
    let key = key.as_ref();
    if let Some(earlier) = store.replay(key).await? {
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
        // The file or its conversation was updated meanwhile.
        backoff.pause("the file keeps changing").await?;
        found = access.find(id).await?;
    }
}

/// Tries to register a file. Returns `None` when the file or its conversation was updated meanwhile.
async fn attempt(
    store: &TenantStore,
    file: &File,
    key: Option<&IdempotencyKey>,
) -> Result<Option<Once<File>>, AppError> {
    let Some(object) = store.uploaded_object(file).await? else {
        // A concurrent registration deletes the upload when it completes.
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
        // The file was deleted, and nothing refers to the copy, unless a concurrent registration made the same copy.
        if store.find_file(file.id, None).await?.is_none() {
            store.delete_object(file.id).await?;
        }
        return Ok(None);
    }
    // If this fails, the bucket's lifecycle rule deletes the upload.
    let _ = tokio::time::timeout(CLEANUP_TIMEOUT, store.delete_upload(file.id)).await;
    Ok(registered)
}

/// Checks an upload against the signed file. S3 checks uploads by form too. This covers objects that were uploaded otherwise.
pub(super) fn check(file: &File, object: &UploadedObject) -> Result<(), AppError> {
    let is_same = object.size == file.draft.size.bytes()
        && object.content_type.eq_ignore_ascii_case(file.draft.content_type.as_str());
    if is_same { Ok(()) } else { Err(StoreError::UploadDiffers.into()) }
}
