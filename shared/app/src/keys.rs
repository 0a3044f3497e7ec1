//! API keys: create, get, list, update, revoke.

use deskless_domain::{ApiKey, Field, Invalid, KeyId, Precondition, Scope, Timestamp, may_grant};
use deskless_store::{IdempotencyKey, TenantStore};
pub use deskless_store::{KeyCreation, KeyPage, KeyPatch, KeyRequest, NewKey};

use crate::AppError;

/// AP-26: Creates an API key. Its scopes must be scopes of the caller's key.
///
/// # Errors
/// [`AppError::Invalid`] for an expiry that is not in the future; [`AppError::MissingScope`],
/// [`AppError::IdempotencyKeyReused`]; `Conflict` when the workspace has [`ApiKey::MAX_KEYS`] keys that are not revoked.
pub async fn create(
    store: &TenantStore,
    request: KeyRequest,
    caller_scopes: &[Scope],
    key: Option<&IdempotencyKey>,
) -> Result<KeyCreation, AppError> {
    check_expiry(store, request.expires_at)?;
    may_grant(caller_scopes, &request.scopes, &[])?;
    Ok(store.create_key_once(request, key).await?)
}

/// Returns an API key, even if it is revoked.
///
/// # Errors
/// [`AppError::NotFound`].
pub async fn get(store: &TenantStore, id: KeyId) -> Result<ApiKey, AppError> {
    Ok(store.get_key(id).await?)
}

/// Lists API keys, oldest first, revoked ones included.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond.
pub async fn list(store: &TenantStore, after: Option<KeyId>, limit: usize) -> Result<KeyPage, AppError> {
    Ok(store.page_of_keys(after, limit).await?)
}

/// AP-29: Updates an API key. Its scopes must be scopes of the caller's key or of the key itself. Takes effect within 30 seconds.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`], [`AppError::MissingScope`]; `Conflict` for a revoked key.
pub async fn update(
    store: &TenantStore,
    id: KeyId,
    patch: &KeyPatch,
    caller_scopes: &[Scope],
    precondition: &Precondition,
) -> Result<ApiKey, AppError> {
    check_expiry(store, patch.expires_at.value().copied())?;
    if let Some(scopes) = &patch.scopes {
        may_grant(caller_scopes, scopes, &store.get_key(id).await?.scopes)?;
    }
    Ok(store.update_key(id, precondition, patch).await?)
}

/// AP-29: Revokes an API key. It stops working within 30 seconds. Revoking it again has no effect.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`].
pub async fn revoke(store: &TenantStore, id: KeyId, precondition: &Precondition) -> Result<ApiKey, AppError> {
    Ok(store.revoke_key(id, precondition).await?)
}

fn check_expiry(store: &TenantStore, expires_at: Option<Timestamp>) -> Result<(), AppError> {
    match expires_at {
        Some(at) if at <= store.clock().now() => {
            Err(AppError::invalid(Field::ExpiresAt, Invalid::new("invalid", "must be in the future")))
        }
        _ => Ok(()),
    }
}
