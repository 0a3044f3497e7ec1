//! Files whose properties are known only when they are registered, as some services sign uploads.

use deskless_domain::{ContentType, Field, File, FileDraft, FileId, FileStatus, Invalid};
use deskless_store::{IdempotencyKey, Once, StoreError, TenantStore, UploadUrl};

use super::{FileAccess, register, register::check};
use crate::AppError;

/// Returns the id of a file to upload, and the URL to which it is sent with PUT within five minutes. Writes nothing: the file is known
/// from [`register_uploaded`] on. Without that, the bucket's lifecycle rule deletes the upload.
///
/// # Errors
/// [`AppError::Internal`] when no bucket is configured.
pub fn sign_url(store: &TenantStore, content_type: &ContentType) -> Result<(FileId, UploadUrl), AppError> {
    let id = FileId::generate(store.clock());
    Ok((id, store.upload_url(id, content_type)?))
}

/// Returns the key and the URI of the object of a registered file.
///
/// # Errors
/// [`AppError::Internal`] when no bucket is configured.
pub fn location(store: &TenantStore, id: FileId) -> Result<(String, String), AppError> {
    Ok(store.object_of(id)?)
}

/// Creates the file of an upload, as AP-61, and registers it, as AP-62. Takes one more look at the upload before it writes anything.
/// A repeat finds the file that the first try created.
///
/// # Errors
/// [`AppError::Invalid`] when there is no such conversation, or the file has other properties; as [`register()`].
pub async fn register_uploaded(
    store: &TenantStore,
    id: FileId,
    draft: FileDraft,
    key: Option<&IdempotencyKey>,
) -> Result<Once<File>, AppError> {
    let mut known = store.find_file(id, None).await?;
    if known.is_none() {
        let file = File { id, draft: draft.clone(), status: FileStatus::Pending, shared: false, version: 1 };
        let object = store.uploaded_object(&file).await?.ok_or(StoreError::NotUploaded)?;
        check(&file, &object)?;
        let _ = store.create_file_with_id(id, None, draft.clone(), None).await?;
        known = store.find_file(id, None).await?;
    }
    if known.is_some_and(|known| known.draft != draft) {
        let message = "must be sent with the name, the type, the size and the conversation that it was registered with";
        return Err(AppError::invalid(Field::File, Invalid::new("invalid", message)));
    }
    register(FileAccess::Workspace(store), id, key).await
}
