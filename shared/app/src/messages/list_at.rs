use deskless_domain::{Message, OffsetPage};
pub use deskless_store::ThreadAt;
use deskless_store::{CustomerStore, TenantStore};

use crate::AppError;

/// AP-134: Returns a page of a thread by offset, with the number of its messages. A page is short only at the end of the thread.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Invalid`] for an offset that cannot be reached in the time of a request, because the messages are
/// large.
pub async fn list_at(store: &TenantStore, thread: ThreadAt) -> Result<OffsetPage<Message>, AppError> {
    Ok(store.list_messages_at(thread).await?)
}

/// AP-134: Returns a page of the replies of a customer's conversation by offset, with their number. There are no notes in it.
///
/// # Errors
/// [`AppError::NotFound`], also for another customer's conversation; [`AppError::Invalid`] as [`list_at`].
pub async fn list_own_at(store: &CustomerStore, thread: ThreadAt) -> Result<OffsetPage<Message>, AppError> {
    Ok(store.list_messages_at(thread).await?)
}
