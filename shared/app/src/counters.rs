//! What follows from changes of conversations: maintained counters, and the log of changes.

use deskless_domain::{ConversationChange, ConversationId};
use deskless_store::{ConversationToCount, TenantStore};
use futures_util::future::join;

use crate::AppError;

/// AP-42, AP-67: Counts conversations after changes, and records which ones have changed. Takes all changes of a workspace in
/// one batch, because that costs less than one by one. Changes can be repeated and in any order.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn record(store: &TenantStore, changes: &[&ConversationChange]) -> Result<(), AppError> {
    let counted: Vec<_> = changes
        .iter()
        .filter_map(|change| {
            let (_, counted) = change.count_change()?;
            Some(ConversationToCount { id: change.id, version: change.version, counted, at: change.at })
        })
        .collect();
    let ids: Vec<ConversationId> = changes.iter().map(|change| change.id).collect();
    // Both are done even if one fails, because a record that fails for good is not delivered again.
    let (counted, recorded) = join(store.count_conversations(&counted), store.record_changes(&ids)).await;
    counted?;
    Ok(recorded?)
}
