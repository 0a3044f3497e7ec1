//! Whose files a caller may touch. What is done with them is the same for everybody.

use deskless_domain::{File, FileDraft, FileId};
use deskless_store::{CustomerStore, Download, Once, Repeat, StoreError, TenantStore, Upload};

/// All files of the workspace, or those in one customer's conversations.
#[derive(Clone, Copy)]
pub enum Files<'a> {
    Workspace(&'a TenantStore),
    Customer(&'a CustomerStore),
}

impl Files<'_> {
    pub async fn sign(self, draft: FileDraft, repeat: Option<Repeat<'_, File>>) -> Result<Once<File>, StoreError> {
        match self {
            Self::Workspace(store) => store.sign_file(draft, repeat).await,
            Self::Customer(store) => store.sign_file(draft, repeat).await,
        }
    }

    pub async fn register(self, id: FileId, repeat: Option<Repeat<'_, File>>) -> Result<Once<File>, StoreError> {
        match self {
            Self::Workspace(store) => store.register_file(id, repeat).await,
            Self::Customer(store) => store.register_file(id, repeat).await,
        }
    }

    pub async fn get(self, id: FileId) -> Result<File, StoreError> {
        match self {
            Self::Workspace(store) => store.get_file(id).await,
            Self::Customer(store) => store.get_file(id).await,
        }
    }

    pub fn upload(self, file: &File) -> Result<Upload, StoreError> {
        match self {
            Self::Workspace(store) => store.upload(file),
            Self::Customer(store) => store.upload(file),
        }
    }

    pub fn download(self, file: &File) -> Result<Option<Download>, StoreError> {
        match self {
            Self::Workspace(store) => store.download(file),
            Self::Customer(store) => store.download(file),
        }
    }
}
