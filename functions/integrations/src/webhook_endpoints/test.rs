use std::sync::Arc;

use axum::Extension;
use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, ok, scope::WriteWebhooks, wire,
};
use deskless_app::{deliveries::Sender, webhook_endpoints};
use deskless_domain::WebhookEndpointId;
use deskless_outbound::Client;
use utoipa::ToSchema;

use super::attempt_dto::WebhookAttemptResponse;

/// An empty body.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
#[schema(max_properties = 0)]
pub struct TestEndpointRequest {}

/// Test a webhook endpoint
///
/// Sends an event of type `webhook_endpoint.test` to the endpoint at once, also if it is disabled or has other `eventTypes`, and returns
/// the attempt. `data` of the event is the endpoint. It is not in the log and not sent again. An `Idempotency-Key` is ignored: each
/// request sends an event.
#[utoipa::path(
    post,
    path = "/api/v1/webhook-endpoints/{webhookEndpointId}/test",
    tag = "Webhook endpoints",
    params(("webhookEndpointId" = String, Path, format = "uuid", description = "The webhook endpoint's id")),
    request_body = Option<TestEndpointRequest>,
    responses((status = 200, description = "The attempt", body = WebhookAttemptResponse)),
)]
pub async fn test_webhook_endpoint(
    caller: Caller<WriteWebhooks>,
    ApiPath(id): ApiPath<WebhookEndpointId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    client: Option<Extension<Arc<Client>>>,
    request: Idempotent<Option<TestEndpointRequest>>,
) -> Reply {
    let _ = request.into_parts(&caller);
    let client = client.as_ref().map_or_else(|| deskless_outbound::client(), |Extension(client)| client.as_ref());
    let sender = Sender { client, body: wire::event_body, data: wire::endpoint_data };
    let attempt = webhook_endpoints::test(caller.store(), id, caller.credential().id, sender).await?;
    ok(None, &WebhookAttemptResponse::from(&(caller.store().workspace_id(), attempt)))
}
