use deskless_domain::{Precondition, WebhookEndpoint, WebhookEndpointId, WebhookSecret};
use deskless_store::{IdempotencyKey, Once, StoreError, TenantStore};

use super::SavedEndpoint;
use crate::AppError;

/// AP-18: Gives a webhook endpoint a new secret. The one before signs for another day, beside the new one, so that receivers can change
/// over without losing an event. An even older one ends now.
///
/// # Errors
/// [`AppError::NotFound`], [`AppError::VersionMismatch`], [`AppError::IdempotencyKeyReused`].
pub async fn rotate_secret(
    store: &TenantStore,
    id: WebhookEndpointId,
    precondition: &Precondition,
    key: Option<&IdempotencyKey>,
) -> Result<Once<SavedEndpoint>, AppError> {
    let without_secret = |earlier: Once<_>| earlier.map(|endpoint| SavedEndpoint { endpoint, new_secret: None });
    // A repeat must not rotate again, which would end the secret that receivers still have.
    if let Some(earlier) = store.replay(key).await? {
        return Ok(without_secret(Once::replay(earlier)));
    }
    let new = WebhookSecret::generate(store.clock());
    let mut backoff = store.backoff();
    let store = &store.within(&backoff);
    loop {
        let before = store.get_resource::<WebhookEndpoint>(id).await?;
        precondition.check(before.version).map_err(StoreError::from)?;
        let secret = store.reveal::<WebhookEndpoint>(id, WebhookEndpoint::SECRET, &before.fields.secret).await?;
        let now = store.clock().now();
        let after = before.with_fields(before.fields.clone().rotated(&WebhookSecret::stored(secret), &new, now), now);
        match store.replace_resource_once(&before, &after, key).await? {
            Some(rotated) if rotated.is_replay => return Ok(without_secret(rotated)),
            Some(rotated) => {
                return Ok(rotated.map(|endpoint| SavedEndpoint { endpoint, new_secret: Some(new) }));
            }
            None => backoff.pause("the webhook endpoint keeps changing").await?,
        }
    }
}
