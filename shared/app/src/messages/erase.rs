use deskless_domain::ContentId;
use deskless_store::{ContentChange, TenantStore};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::AppError;

/// The number of objects that are removed concurrently.
const CONCURRENCY: usize = 16;

/// AP-132: Removes the content of a long message that was deleted or never written.
///
/// # Errors
/// [`AppError::Unavailable`] when the bucket or the table does not respond.
pub async fn erase_content(change: &ContentChange) -> Result<(), AppError> {
    Ok(change.tenant.erase_content(change.id).await?)
}

/// Removes the content of a deleted conversation's long messages.
///
/// # Errors
/// As [`erase_content`].
pub(crate) async fn erase_contents(store: &TenantStore, contents: &[ContentId]) -> Result<(), AppError> {
    let erase = |id| async move { Ok(store.erase_content(id).await?) };
    stream::iter(contents.to_vec()).map(erase).buffer_unordered(CONCURRENCY).try_collect().await
}
