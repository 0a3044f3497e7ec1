use deskless_store::{ConversationChange, StoreError};

/// Takes the next step of removing what lies under a deleted conversation, if this change calls for one.
pub(crate) async fn step(change: &ConversationChange) -> Result<(), StoreError> {
    match change.purged {
        Some(purged) => change.tenant.purge_step(change.id, purged).await.map(drop),
        None => Ok(()),
    }
}
