//! API keys: create, get, list, update, revoke.

use deskless_domain::{
    ApiKey, Field, Invalid, KeyId, Precondition, Timestamp,
    authorization::{KeyTerms, is_usable, may_grant},
};
use deskless_store::{IdempotencyKey, StoreError, TenantStore};
pub use deskless_store::{KeyCreation, KeyPage, KeyPatch, KeyRequest, NewKey};

use crate::{AppError, automations};

/// AP-26: Creates an API key, on behalf of the key `caller`. The caller's key is read again, and the write requires that it has not
/// changed since, so a key that was just restricted grants nothing that it no longer has.
///
/// # Errors
/// [`AppError::Invalid`] for an expiry that is not in the future; [`AppError::Denied`] for rights that the caller lacks;
/// [`AppError::IdempotencyKeyReused`]; `Conflict` when the workspace has [`ApiKey::MAX_KEYS`] keys that are not revoked.
pub async fn create(
    store: &TenantStore,
    request: KeyRequest,
    caller: KeyId,
    key: Option<&IdempotencyKey>,
) -> Result<KeyCreation, AppError> {
    check_expiry(store, request.expires_at)?;
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let own = usable_key(store, caller).await?;
        may_grant(KeyTerms::from(&own), None, request.terms())?;
        if let Some(creation) = store.create_key_once(request.clone(), key, Some(&own)).await? {
            return Ok(creation);
        }
        backoff.pause("the caller's key keeps changing").await?;
    }
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

/// AP-29: Updates an API key, on behalf of the key `caller`. Writes it over the version that was read, and starts again if it or the
/// caller's key was updated meanwhile. Takes effect within 30 seconds.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`]; [`AppError::Denied`] for rights that neither the caller nor the key
/// itself has; `Conflict` for a revoked key.
pub async fn update(
    store: &TenantStore,
    id: KeyId,
    patch: &KeyPatch,
    caller: KeyId,
    precondition: &Precondition,
) -> Result<ApiKey, AppError> {
    check_expiry(store, patch.expires_at.value().copied())?;
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let before = store.stored_key(id).await?;
        precondition.check(before.key.version).map_err(StoreError::from)?;
        if before.key.revoked_at.is_some() {
            return Err(StoreError::Revoked.into());
        }
        let grantor = match patch.updates_terms() {
            true if caller == id => Some(before.key.clone()),
            true => Some(usable_key(store, caller).await?),
            false => None,
        };
        if let Some(own) = &grantor {
            may_grant(KeyTerms::from(own), Some(KeyTerms::from(&before.key)), patch.terms_after(&before.key))?;
        }
        if store.update_key(&before, patch, grantor.as_ref()).await? {
            return Ok(store.get_key(id).await?);
        }
        backoff.pause("the key keeps changing").await?;
    }
}

/// AP-29: Revokes an API key. It stops working within 30 seconds, and the automations that run with its rights are disabled. Revoking
/// it again disables those that an interrupted revocation left enabled.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`].
pub async fn revoke(store: &TenantStore, id: KeyId, precondition: &Precondition) -> Result<ApiKey, AppError> {
    let revoked = store.revoke_key(id, precondition).await?;
    automations::disable_all_of(store, id).await?;
    Ok(revoked)
}

/// Reads a key that a caller uses, strongly consistent.
pub(crate) async fn usable_key(store: &TenantStore, id: KeyId) -> Result<ApiKey, AppError> {
    let key = store.get_key(id).await?;
    is_usable(&key, store.clock().now())?;
    Ok(key)
}

fn check_expiry(store: &TenantStore, expires_at: Option<Timestamp>) -> Result<(), AppError> {
    match expires_at {
        Some(at) if at <= store.clock().now() => {
            Err(AppError::invalid(Field::ExpiresAt, Invalid::new("invalid", "must be in the future")))
        }
        _ => Ok(()),
    }
}
