//! Disables an endpoint that accepts no events.

use deskless_domain::{Collected, DisabledReason, EventActor, EventContent, EventType, Resource, WebhookEndpoint};
use deskless_store::{DeliveryTarget, EventSource, EventSubject, NewEvent, StoreError, TenantStore};

use super::Sender;
use crate::AppError;

/// How long after it was disabled an endpoint is reported: a day.
const REPORTED_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// Disables an endpoint, and reports it in the log. Events are kept, and delivered once it is enabled. Returns `false` if its URL or its
/// headers were changed after the failures, which then say nothing about it.
pub(super) async fn disable(
    store: &TenantStore,
    sender: Sender<'_>,
    endpoint: &Resource<WebhookEndpoint>,
    reason: DisabledReason,
) -> Result<bool, AppError> {
    let mut backoff = store.backoff();
    let mut found = endpoint.clone();
    while found.fields.enabled {
        if found.fields.resumes(&endpoint.fields) {
            return Ok(false);
        }
        let now = store.clock().now();
        let after = found.with_fields(found.fields.clone().disabled(reason, now), now);
        if store.replace_resource(&found, &after).await? {
            report(store, sender, &after).await?;
            return Ok(true);
        }
        backoff.pause("the webhook endpoint keeps changing").await?;
        found = match store.get_resource::<WebhookEndpoint>(endpoint.id).await {
            Ok(found) => found,
            Err(StoreError::NotFound) => return Ok(true),
            Err(error) => return Err(error.into()),
        };
    }
    Ok(true)
}

/// Appends the event that an endpoint was disabled by its failures, unless the log has it: a run that crashed may have disabled the
/// endpoint without it. Starts the deliveries of that event to other endpoints.
pub(super) async fn report(
    store: &TenantStore,
    sender: Sender<'_>,
    endpoint: &Resource<WebhookEndpoint>,
) -> Result<(), AppError> {
    let disabled_at = endpoint.fields.disabled_at.unwrap_or_default();
    let is_recent = store.clock().now().as_millis() - disabled_at < REPORTED_MILLIS;
    if !is_recent || !matches!(endpoint.fields.disabled_reason, Some(DisabledReason::Gone | DisabledReason::Failing)) {
        return Ok(());
    }
    let content = EventContent {
        event_type: EventType::WebhookEndpointDisabled,
        occurred_at: endpoint.updated_at,
        actor: EventActor::System,
        conversation_id: None,
        changed_fields: Vec::new(),
        omitted_fields: Vec::new(),
        data: Some((sender.data)(endpoint)?),
    };
    let source = EventSource::At(disabled_at);
    let event = NewEvent { subject: EventSubject::Endpoint(endpoint.id), source, content };
    let _ = store.append_events(vec![event]).await?;
    for id in store.followers().await?.endpoints {
        store.start_delivery(&DeliveryTarget::Endpoint { id }).await?;
    }
    Ok(())
}
