use deskless_store::{ConversationChange, StoreError};

use crate::Placed;

/// Counts a conversation as what the newest of these changes says.
pub(crate) async fn count(changes: &[Placed<ConversationChange>]) -> Result<(), StoreError> {
    let counting = changes.iter().filter_map(|(_, change)| Some((change.version, change, change.counts_as?)));
    match counting.max_by_key(|(version, ..)| *version) {
        Some((version, change, status)) => change.tenant.count_conversation(change.id, version, status).await.map(drop),
        None => Ok(()),
    }
}
