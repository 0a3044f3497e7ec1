use deskless_domain::{
    Clock, FieldChange, FileId, InvalidField, Precondition, PredefinedFile, PredefinedMessage, PredefinedMessageId,
    PredefinedMessageType, Resource, Template, Title,
};
use deskless_store::TenantStore;

use super::resolve_file;
use crate::{
    AppError,
    resources::{self, Patch},
};

/// A command to update a predefined message. `None` keeps a field.
#[derive(Debug, Clone)]
pub struct UpdatePredefinedMessage {
    /// The title.
    pub title: Option<Title>,
    /// The text with its variables.
    pub content: Option<Template>,
    /// The type, which must match the file's.
    pub message_type: Option<PredefinedMessageType>,
    /// The file to attach.
    pub file: FieldChange<FileId>,
}

/// An update whose file is resolved.
struct Resolved {
    update: UpdatePredefinedMessage,
    file: FieldChange<PredefinedFile>,
}

impl Patch<PredefinedMessage> for Resolved {
    fn apply(&self, mut message: PredefinedMessage, clock: &dyn Clock) -> Result<PredefinedMessage, InvalidField> {
        let UpdatePredefinedMessage { title, content, message_type, file: _ } = self.update.clone();
        if let Some(title) = title {
            message = message.retitled(title, clock.now());
        }
        self.file.apply(&mut message.file);
        PredefinedMessage {
            content: content.unwrap_or(message.content),
            message_type: message_type.unwrap_or(message.message_type),
            ..message
        }
        .checked()
    }
}

/// Updates a predefined message. Messages that were created with it do not change.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`]; [`AppError::Invalid`] for a file that cannot be used.
pub async fn update(
    store: &TenantStore,
    id: PredefinedMessageId,
    update: UpdatePredefinedMessage,
    precondition: &Precondition,
) -> Result<Resource<PredefinedMessage>, AppError> {
    let file = match update.file {
        FieldChange::Set(id) => FieldChange::Set(resolve_file(store, id).await?),
        FieldChange::Clear => FieldChange::Clear,
        FieldChange::Keep => FieldChange::Keep,
    };
    resources::update(store, id, &Resolved { update, file }, precondition).await
}
