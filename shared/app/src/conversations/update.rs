use deskless_domain::{ConversationId, ConversationPatch, Precondition, Resolution, Resolved, StatusChange};
use deskless_store::{IdempotencyKey, Once, TenantStore};

use super::{ConversationView, write::write};
use crate::{AppError, references};

/// AP-11: Updates a conversation.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`], [`AppError::NotSolved`]; [`AppError::Invalid`] for references
/// that do not exist.
pub async fn update(
    store: &TenantStore,
    id: ConversationId,
    mut patch: ConversationPatch,
    precondition: &Precondition,
) -> Result<ConversationView, AppError> {
    patch.placement = references::resolve(store, patch.placement).await?;
    Ok(write(store, id, &patch, precondition, None).await?.outcome)
}

/// Updates a conversation as [`update`] does, without its placement. A repeat with the same key has no second effect.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`], [`AppError::NotSolved`], [`AppError::IdempotencyKeyReused`].
pub async fn update_once(
    store: &TenantStore,
    id: ConversationId,
    patch: &ConversationPatch,
    precondition: &Precondition,
    key: Option<&IdempotencyKey>,
) -> Result<Once<ConversationView>, AppError> {
    write(store, id, patch, precondition, key).await
}

/// Solves a conversation.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`], [`AppError::IdempotencyKeyReused`].
pub async fn resolve(
    store: &TenantStore,
    id: ConversationId,
    resolution: Option<Resolution>,
    precondition: &Precondition,
    key: Option<&IdempotencyKey>,
) -> Result<Once<ConversationView>, AppError> {
    let state = StatusChange::Status(Resolved::Yes(resolution));
    let patch = ConversationPatch { state, ..ConversationPatch::default() };
    write(store, id, &patch, precondition, key).await
}
