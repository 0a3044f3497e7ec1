use deskless_api::{ApiPath, ApiQuery, Caller, IfMatch, NoParameters, Reply, no_content, scope::WriteWebhooks};
use deskless_app::resources;
use deskless_domain::{WebhookEndpoint, WebhookEndpointId};

/// Delete a webhook endpoint
///
/// Deletes the webhook endpoint. Nothing is delivered to it any more. A request in progress can still arrive.
#[utoipa::path(
    delete,
    path = "/api/v1/webhook-endpoints/{webhookEndpointId}",
    tag = "Webhook endpoints",
    params(("webhookEndpointId" = String, Path, format = "uuid", description = "The webhook endpoint's id")),
    responses((status = 204, description = "The webhook endpoint is deleted")),
)]
pub async fn delete_webhook_endpoint(
    caller: Caller<WriteWebhooks>,
    ApiPath(id): ApiPath<WebhookEndpointId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
) -> Reply {
    resources::delete::<WebhookEndpoint>(caller.store(), id, &precondition).await?;
    Ok(no_content())
}
