use std::ops::ControlFlow;

use deskless_domain::{Author, FileId, PredefinedMessage, PredefinedMessageType, Resource, Template, Title};
use deskless_store::{IdempotencyKey, Once, TenantStore};

use super::resolve_file;
use crate::{AppError, replay::unless_replayed};

/// A command to create a predefined message.
#[derive(Debug, Clone)]
pub struct CreatePredefinedMessage {
    /// The title.
    pub title: Title,
    /// The text with its variables.
    pub content: Template,
    /// The type, which must match the file's.
    pub message_type: PredefinedMessageType,
    /// The file to attach.
    pub file: Option<FileId>,
    /// The API key that creates it.
    pub author: Author,
}

/// Creates a predefined message.
///
/// # Errors
/// [`AppError::Invalid`] for a file that cannot be used; `Conflict` when there are too many;
/// [`AppError::IdempotencyKeyReused`].
pub async fn create(
    store: &TenantStore,
    command: CreatePredefinedMessage,
    key: Option<&IdempotencyKey>,
) -> Result<Once<Resource<PredefinedMessage>>, AppError> {
    match unless_replayed(store, key, resolve(store, command).await).await? {
        ControlFlow::Continue(fields) => Ok(store.create_resource(fields, key).await?),
        ControlFlow::Break(earlier) => Ok(earlier),
    }
}

async fn resolve(store: &TenantStore, command: CreatePredefinedMessage) -> Result<PredefinedMessage, AppError> {
    let CreatePredefinedMessage { title, content, message_type, file, author } = command;
    let file = match file {
        Some(id) => Some(resolve_file(store, id).await?),
        None => None,
    };
    let fields = PredefinedMessage { title, content, message_type, file, created_by: author, retitled_at: None };
    Ok(fields.checked()?)
}
