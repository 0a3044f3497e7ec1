//! Members: their names, as conversations show them.

use deskless_domain::{Kind, MemberId};
use deskless_store::TenantStore;

use crate::AppError;

/// Returns the name of a member who is not archived. Reads the cached names first.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn name(store: &TenantStore, id: MemberId) -> Result<String, AppError> {
    let active = |directory: &deskless_store::Directory| {
        directory.member(id).filter(|member| !member.archived).map(|member| member.name.clone())
    };
    if let Some(name) = active(&store.directory(&[Kind::Member]).await?) {
        return Ok(name);
    }
    // A member can be newer than the cached names.
    active(&store.fresh_directory(&[Kind::Member]).await?).ok_or(AppError::NotFound)
}
