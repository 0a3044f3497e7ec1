//! The file of a predefined message.

use deskless_api::{InvalidRequest, Problem};
use deskless_domain::{FileId, Invalid, PredefinedFile};
use deskless_store::TenantStore;

/// The file that a request names.
///
/// # Errors
/// When it is none, is not uploaded, or is a conversation's: others would get it too.
pub async fn chosen(store: &TenantStore, id: FileId) -> Result<PredefinedFile, Problem> {
    let found = store.ready_files(&[id]).await?.pop().flatten();
    let Some(file) = found.filter(|file| file.draft.conversation_id.is_none()) else {
        let nothing = Invalid::new("not_found", "names no registered file of the workspace");
        return Err(InvalidRequest::one("fileId", &nothing).into());
    };
    Ok(PredefinedFile { id, category: file.category() })
}
