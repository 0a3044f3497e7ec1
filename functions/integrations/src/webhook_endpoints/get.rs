use deskless_api::{ApiPath, ApiQuery, Caller, IfNoneMatch, NoParameters, Reply, ok, scope::ReadWebhooks};
use deskless_app::resources;
use deskless_domain::{WebhookEndpoint, WebhookEndpointId};

use super::dto::WebhookEndpointResponse;

/// Retrieve a webhook endpoint
///
/// Returns the webhook endpoint without its secret.
#[utoipa::path(
    get,
    path = "/api/v1/webhook-endpoints/{webhookEndpointId}",
    tag = "Webhook endpoints",
    params(("webhookEndpointId" = String, Path, format = "uuid", description = "The webhook endpoint's id")),
    responses(
        (status = 200, description = "The webhook endpoint", body = WebhookEndpointResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
    ),
)]
pub async fn get_webhook_endpoint(
    caller: Caller<ReadWebhooks>,
    ApiPath(id): ApiPath<WebhookEndpointId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    _: IfNoneMatch,
) -> Reply {
    let resource = resources::get::<WebhookEndpoint>(caller.store(), id).await?;
    ok(resource.version, &WebhookEndpointResponse::from(&resource))
}
