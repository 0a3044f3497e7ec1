use deskless_store::{ConversationChange, StoreError};

/// Lets the automations that this change sets off wait for their turn.
pub(crate) async fn set_off(change: &ConversationChange) -> Result<(), StoreError> {
    change.set_off().await.map(drop)
}
