//! Predefined messages: create, update, list, render, and fill in for a message.

mod create;
mod fill;
mod render;
mod update;

use deskless_domain::{Field, FileId, Invalid, PredefinedFile};
use deskless_store::TenantStore;
pub use deskless_store::{SortedPage, SortedPosition};

pub use create::{CreatePredefinedMessage, create};
pub(crate) use fill::{fill, fill_for, reply, template_for};
pub use render::render;
pub use update::{UpdatePredefinedMessage, update};

use crate::AppError;

/// Lists predefined messages by title.
///
/// # Errors
/// When the table does not answer.
pub async fn list(store: &TenantStore, after: Option<SortedPosition>, limit: usize) -> Result<SortedPage, AppError> {
    Ok(store.list_predefined_messages(after, limit).await?)
}

/// Resolves the file of a predefined message: a registered file of the workspace. A conversation's file would be sent to
/// other conversations too.
async fn resolve_file(store: &TenantStore, id: FileId) -> Result<PredefinedFile, AppError> {
    let found = store.ready_files(&[id]).await?.pop().flatten();
    if let Some(file) = found.filter(|file| file.draft.conversation_id.is_none()) {
        Ok(PredefinedFile { id, category: file.category() })
    } else {
        let message = "must be the id of a registered file of the workspace";
        Err(AppError::invalid(Field::File, Invalid::new("not_found", message)))
    }
}
