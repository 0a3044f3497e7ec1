use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, created, openapi::BASE, replayed,
    scope::WriteWebhooks, shown_once,
};
use deskless_app::webhook_endpoints::{self, CreateEndpoint};
use deskless_domain::{Description, Scope};
use utoipa::ToSchema;

use super::{
    dto::SavedWebhookEndpointResponse,
    fields::{EndpointUrl, EventTypesField, Headers},
};

/// A webhook endpoint to create.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct CreateWebhookEndpointRequest {
    url: EndpointUrl,
    /// The types of events to deliver. The default is all.
    #[deserr(default)]
    #[schema(required = false)]
    event_types: EventTypesField,
    /// A note for people.
    #[deserr(default)]
    description: Option<Description>,
    /// Whether events are delivered. The default is `true`.
    #[deserr(default = true)]
    #[schema(required = false)]
    enabled: bool,
    /// Further headers of each request, such as `Authorization`: at most 10. Values are stored encrypted and never returned.
    #[deserr(default)]
    #[schema(required = false)]
    headers: Headers,
}

/// Create a webhook endpoint
///
/// Delivers the events that follow the response to the URL. The response has the secret that signs the requests: store it, because it is not
/// shown again. Your key needs `read:events` too. A workspace can have at most 20 webhook endpoints.
#[utoipa::path(
    post,
    path = "/api/v1/webhook-endpoints",
    tag = "Webhook endpoints",
    request_body = CreateWebhookEndpointRequest,
    responses(
        (status = 201, description = "The new webhook endpoint", body = SavedWebhookEndpointResponse, headers(
            ("Location" = String, description = "The path of the new resource"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 409, description = "The workspace already has 20 webhook endpoints", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn create_webhook_endpoint(
    caller: Caller<WriteWebhooks>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateWebhookEndpointRequest>,
) -> Reply {
    // The endpoint gets what this scope shows.
    caller.require(Scope::ReadEvents)?;
    let (request, key) = request.into_parts(&caller);
    let command = CreateEndpoint {
        url: request.url.0,
        event_types: request.event_types.0,
        description: request.description,
        enabled: request.enabled,
        headers: request.headers.0,
    };
    let saved = webhook_endpoints::create(caller.store(), command, key.as_ref()).await?;
    let endpoint = &saved.outcome.endpoint;
    let location = format!("{BASE}/webhook-endpoints/{}", endpoint.id);
    let response = SavedWebhookEndpointResponse::from(&saved.outcome);
    shown_once(replayed(saved.is_replay, created(location, endpoint.version, &response)))
}
