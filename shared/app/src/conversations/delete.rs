use deskless_domain::{ConversationId, DeletionReason, KeyId, Precondition};
use deskless_store::{Deletion, TenantStore};

use crate::AppError;

/// A command to delete a conversation.
#[derive(Debug, Clone)]
pub struct DeleteConversation {
    /// The conversation.
    pub id: ConversationId,
    /// The reason, which is kept for 90 days.
    pub reason: Option<DeletionReason>,
    /// The API key that deletes it.
    pub key: KeyId,
}

/// AP-15: Deletes a conversation at once. Its messages are removed in the background by [`super::removal_step`].
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`].
pub async fn delete(
    store: &TenantStore,
    command: DeleteConversation,
    precondition: &Precondition,
) -> Result<(), AppError> {
    let deletion = Deletion { reason: command.reason, key: Some(command.key) };
    Ok(store.delete_conversation(command.id, &deletion, precondition).await?)
}
