//! Predefined messages: create, update, list, render, and use as a message.

mod create;
mod fill;
mod render;
mod update;

use deskless_domain::{Field, FileId, Invalid, Kind, Offset, OffsetPage, PredefinedFile, PredefinedMessage, Resource};
use deskless_store::TenantStore;
pub use deskless_store::{SortedPage, SortedPosition};

pub use create::{CreatePredefinedMessage, create};
pub(crate) use fill::{fill, fill_for, reply, template_for};
pub use render::render;
pub use update::{UpdatePredefinedMessage, update};

use crate::AppError;

/// AP-80: Lists predefined messages by title.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list(store: &TenantStore, after: Option<SortedPosition>, limit: usize) -> Result<SortedPage, AppError> {
    Ok(store.list_predefined_messages(after, limit).await?)
}

/// AP-80: Returns all predefined messages by title: at most 1,000.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn all(store: &TenantStore) -> Result<Vec<Resource<PredefinedMessage>>, AppError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.list_predefined_messages(after, Kind::PredefinedMessage.max_resources()).await?;
        all.extend(page.messages);
        after = page.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// Lists predefined messages by title and by offset. Reads all of them: at most 1,000. For another order or a filter, sort and filter
/// what [`all`] returns, and take [`OffsetPage::of_all`] of it.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list_at(
    store: &TenantStore,
    offset: Offset,
    limit: usize,
) -> Result<OffsetPage<Resource<PredefinedMessage>>, AppError> {
    Ok(OffsetPage::of_all(all(store).await?, offset, limit))
}

/// Resolves the file of a predefined message: a registered file of the workspace. The file of a conversation is not allowed, because
/// it would be sent to other conversations.
async fn resolve_file(store: &TenantStore, id: FileId) -> Result<PredefinedFile, AppError> {
    let found = store.ready_files(&[id]).await?.pop().flatten();
    if let Some(file) = found.filter(|file| file.draft.conversation_id.is_none()) {
        Ok(PredefinedFile { id, category: file.category() })
    } else {
        let message = "must be the id of a registered file of the workspace";
        Err(AppError::invalid(Field::File, Invalid::new("not_found", message)))
    }
}
