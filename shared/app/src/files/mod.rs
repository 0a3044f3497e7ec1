//! Files: sign an upload, register, get, delete, and remove the objects of deleted files.

mod erase;
mod register;
mod uploaded;

use deskless_domain::{CustomerId, Field, File, FileDraft, FileId, FileStatus, Precondition, UploadQuota};
use deskless_store::{CustomerStore, IdempotencyKey, Once, StoreError, TenantStore};
pub use deskless_store::{Download, Upload, UploadUrl};

pub use erase::{erase, erase_all};
pub use register::register;
pub use uploaded::{location, register_uploaded, sign_url};

use crate::AppError;

/// The files that a principal can access.
#[derive(Debug, Clone, Copy)]
pub enum FileAccess<'a> {
    /// All files of the workspace.
    Workspace(&'a TenantStore),
    /// The files of one customer's conversations.
    Customer(&'a CustomerStore),
}

impl<'a> FileAccess<'a> {
    fn store(self) -> &'a TenantStore {
        match self {
            Self::Workspace(store) => store,
            Self::Customer(store) => store.workspace(),
        }
    }

    /// Returns the customer who uploads, with their quota.
    fn uploader(self) -> Option<(&'a CustomerId, UploadQuota)> {
        match self {
            Self::Workspace(_) => None,
            Self::Customer(store) => Some((store.customer(), UploadQuota::of(store.source()))),
        }
    }

    fn owner(self) -> Option<&'a CustomerId> {
        match self {
            Self::Workspace(_) => None,
            Self::Customer(store) => Some(store.customer()),
        }
    }

    async fn find(self, id: FileId) -> Result<Option<File>, StoreError> {
        self.store().find_file(id, self.owner()).await
    }
}

/// AP-61: Creates a pending file and the form that uploads it. For a repeat, the form is signed again as long as the file is
/// pending. Signatures are not stored, because everybody who can read them could use them.
///
/// # Errors
/// [`AppError::Invalid`] when there is no such conversation; [`AppError::UploadQuotaReached`];
/// [`AppError::IdempotencyKeyReused`].
pub async fn sign(
    access: FileAccess<'_>,
    draft: FileDraft,
    key: Option<&IdempotencyKey>,
) -> Result<Once<(File, Option<Upload>)>, AppError> {
    let store = access.store();
    let key = of_file(key, &draft);
    let Once { outcome: file, is_replay } = store.create_file(access.uploader(), draft, key.as_ref()).await?;
    let is_pending = !is_replay || is_still_pending(access, file.id).await?;
    let upload = if is_pending { Some(store.upload_form(&file)?) } else { None };
    Ok(Once { outcome: (file, upload), is_replay })
}

/// Returns the key of a command on a file, whose record is removed with the file's conversation.
fn of_file(key: Option<&IdempotencyKey>, draft: &FileDraft) -> Option<IdempotencyKey> {
    key.map(|key| draft.conversation_id.map_or_else(|| key.clone(), |id| key.of_conversation(id)))
}

async fn is_still_pending(access: FileAccess<'_>, id: FileId) -> Result<bool, StoreError> {
    Ok(access.find(id).await?.is_some_and(|file| file.status == FileStatus::Pending))
}

/// AP-63: Returns a file and, if it is ready, its download URL.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn get(access: FileAccess<'_>, id: FileId) -> Result<(File, Option<Download>), AppError> {
    let file = access.find(id).await?.ok_or(AppError::NotFound)?;
    let download = access.store().download_url(&file)?;
    Ok((file, download))
}

/// AP-64: Deletes a file. Its objects are removed in the background by [`erase`].
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`].
pub async fn delete(store: &TenantStore, id: FileId, precondition: &Precondition) -> Result<(), AppError> {
    Ok(store.delete_file(id, precondition).await?)
}

fn no_such_file() -> AppError {
    AppError::no_such(Field::File, "file")
}
