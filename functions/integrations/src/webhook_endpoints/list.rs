use deskless_api::{ApiQuery, Caller, Reply, ok, scope::ReadWebhooks, shape::ListQuery};
use deskless_app::resources;
use deskless_domain::WebhookEndpoint;

use super::dto::WebhookEndpointListResponse;

/// List webhook endpoints
///
/// Lists all webhook endpoints, oldest first, disabled ones included.
#[utoipa::path(
    get,
    path = "/api/v1/webhook-endpoints",
    tag = "Webhook endpoints",
    params(ListQuery),
    responses((status = 200, description = "A page of webhook endpoints", body = WebhookEndpointListResponse)),
)]
pub async fn list_webhook_endpoints(caller: Caller<ReadWebhooks>, ApiQuery(query): ApiQuery<ListQuery>) -> Reply {
    let cursor = query.list_cursor(&caller, "webhook-endpoints");
    let page = resources::list::<WebhookEndpoint>(caller.store(), cursor.after()?, query.limit()).await?;
    ok(None, &WebhookEndpointListResponse::from(cursor.page(page.resources, page.next)))
}
