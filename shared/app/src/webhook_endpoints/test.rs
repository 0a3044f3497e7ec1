use deskless_domain::{
    Attempt, EventActor, EventContent, EventId, EventType, KeyId, LoggedEvent, WebhookEndpoint, WebhookEndpointId,
};
use deskless_store::TenantStore;

use crate::{
    AppError,
    deliveries::{self, Sender},
};

/// Sends a test event to an endpoint at once, also to a disabled one, and returns the result. The event is not in the log, and is not
/// sent again.
///
/// # Errors
/// [`AppError::NotFound`]; [`AppError::Unavailable`].
pub async fn test(
    store: &TenantStore,
    id: WebhookEndpointId,
    caller: KeyId,
    sender: Sender<'_>,
) -> Result<Attempt, AppError> {
    let endpoint = store.get_resource::<WebhookEndpoint>(id).await?;
    let event = test_event(store, caller, (sender.data)(&endpoint)?);
    deliveries::send_test(store, id, &event, sender).await
}

/// Returns a test event. Its id is random, so that receivers that drop repeats take each test. No event of a log has such an id.
fn test_event(store: &TenantStore, caller: KeyId, data: String) -> LoggedEvent {
    let mut random = [0; 8];
    store.clock().fill_random(&mut random);
    let id = EventId::new(store.workspace_id(), EventId::FIRST_TEST | u64::from_be_bytes(random));
    let content = EventContent {
        event_type: EventType::WebhookEndpointTest,
        occurred_at: store.clock().now(),
        actor: EventActor::ApiKey(caller),
        conversation_id: None,
        changed_fields: Vec::new(),
        omitted_fields: Vec::new(),
        data: Some(data),
    };
    LoggedEvent { id, sequence: 0, subject: String::new(), content }
}
