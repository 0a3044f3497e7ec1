//! Maintained counters of conversations by status.

use deskless_domain::{ConversationId, Status};
use deskless_store::TenantStore;

use crate::AppError;

/// AP-42: Counts a conversation by its status in this version; `None` for a deleted conversation. Only a version that is newer than
/// the counted one has an effect, so events can be repeated and in any order.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn count(
    store: &TenantStore,
    id: ConversationId,
    version: u64,
    status: Option<Status>,
) -> Result<(), AppError> {
    store.count_conversation(id, version, status).await?;
    Ok(())
}
