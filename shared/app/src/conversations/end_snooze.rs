use deskless_domain::ConversationId;
use deskless_store::TenantStore;

use crate::AppError;

/// AP-181: Ends a conversation's snooze whose time is over: `snoozedUntil` becomes null, as a change of Deskless itself. Lists have
/// shown the conversation as awake since its time, so they stay as they are. Returns whether this call did it. A snooze that was
/// ended, moved or deleted meanwhile is left alone.
///
/// # Errors
/// When the table does not respond.
pub async fn end_snooze(store: &TenantStore, id: ConversationId) -> Result<bool, AppError> {
    Ok(store.end_snooze(id).await?)
}
