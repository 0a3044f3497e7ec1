//! Maintained counters of conversations by status.

use deskless_domain::{ConversationId, Status};
use deskless_store::TenantStore;

use crate::AppError;

/// Counts a conversation by its status in this version; `None` for a deleted conversation. A version that is not newer than the
/// counted one changes nothing, so events may come twice and in any order.
///
/// # Errors
/// When the table does not answer.
pub async fn count(
    store: &TenantStore,
    id: ConversationId,
    version: u64,
    status: Option<Status>,
) -> Result<(), AppError> {
    store.count_conversation(id, version, status).await?;
    Ok(())
}
