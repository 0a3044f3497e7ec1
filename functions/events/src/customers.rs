use deskless_store::{CustomerChange, StoreError};

/// Takes the next step of showing a customer on their conversations as they are now.
pub(crate) async fn refresh(change: &CustomerChange) -> Result<(), StoreError> {
    change.refresh_copies().await.map(drop)
}
