//! Messages: add, get, list, report, delete, preview.

mod all;
mod create;
mod create_many;
mod draft;
mod erase;
mod first;
mod list_at;
mod transform;

use deskless_domain::{ConversationId, ExternalId, Message, MessageId, MessageReport, Precondition};
pub use deskless_store::{AddedMessage, MessagePage, Thread};
use deskless_store::{CustomerStore, TenantStore};

pub use all::{WholeThread, all, all_own};
pub use create::{create, create_for_customer};
pub use create_many::create_many;
pub use draft::{BodySource, CustomerMessage, NewMessage, ResolvedMessage};
pub use erase::erase_content;
pub(crate) use erase::erase_contents;
pub use first::first_of;
pub use list_at::{ThreadAt, list_at, list_own_at};
pub use transform::transform;

use crate::AppError;

/// Returns a message.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn get(store: &TenantStore, conversation: ConversationId, id: MessageId) -> Result<Message, AppError> {
    Ok(store.get_message(conversation, id).await?)
}

/// AP-152: Returns the id of the message that has an externalId. `None` if the conversation never had one. The message may be deleted.
///
/// # Errors
/// When the table does not respond.
pub async fn find(
    store: &TenantStore,
    conversation: ConversationId,
    external_id: &ExternalId,
) -> Result<Option<MessageId>, AppError> {
    Ok(store.find_message(conversation, external_id).await?)
}

/// AP-14: Returns a page of a thread.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn list(store: &TenantStore, thread: Thread) -> Result<MessagePage, AppError> {
    Ok(store.list_messages(thread).await?)
}

/// AP-55: Returns a page of the replies of a customer's conversation, without notes.
///
/// # Errors
/// [`AppError::NotFound`], also for another customer's conversation.
pub async fn list_own(store: &CustomerStore, thread: Thread) -> Result<MessagePage, AppError> {
    Ok(store.list_messages(thread).await?)
}

/// AP-31: Stores a provider's report about a message.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`]; [`AppError::Invalid`] for a delivery status of a message that no
/// provider delivers; `Conflict` for an externalId of another message.
pub async fn report(
    store: &TenantStore,
    conversation: ConversationId,
    id: MessageId,
    report: &MessageReport,
    precondition: &Precondition,
) -> Result<Message, AppError> {
    Ok(store.report_message(conversation, id, report, precondition).await?)
}

/// AP-32: Deletes a message. Its externalId cannot be used again, so that a provider's retry does not restore it.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`].
pub async fn delete(
    store: &TenantStore,
    conversation: ConversationId,
    id: MessageId,
    precondition: &Precondition,
) -> Result<(), AppError> {
    Ok(store.delete_message(conversation, id, precondition).await?)
}
