use deskless_store::{CustomerChange, StoreError};

/// Takes the next step of what a change of a customer calls for: erasing their conversations, or showing the customer on
/// them as they are now.
pub(crate) async fn follow(change: &CustomerChange) -> Result<(), StoreError> {
    if change.is_erasure() { change.erase_step().await } else { change.refresh_copies().await.map(drop) }
}
