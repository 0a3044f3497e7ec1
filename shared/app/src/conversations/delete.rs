use deskless_domain::{ConversationId, DeletionReason, Precondition};
use deskless_store::TenantStore;

use crate::AppError;

/// AP-15: Deletes a conversation at once. Its messages are removed in the background by [`crate::removals::removal_step`]. The audit log
/// keeps the reason for 90 days.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`].
pub async fn delete(
    store: &TenantStore,
    id: ConversationId,
    reason: Option<&DeletionReason>,
    precondition: &Precondition,
) -> Result<(), AppError> {
    Ok(store.delete_conversation(id, reason, precondition).await?)
}
