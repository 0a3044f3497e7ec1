use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, IfMatch, InvalidRequest, NoParameters, Optional, Patch, Reply, ok,
    scope::WriteWebhooks,
};
use deskless_app::webhook_endpoints::{self, UpdateEndpoint};
use deskless_domain::{Description, FieldChange, Scope, WebhookEndpointId};
use utoipa::ToSchema;

use super::{
    dto::WebhookEndpointResponse,
    fields::{EndpointUrl, EventTypesField, HeaderChanges},
};

/// An update of a webhook endpoint. A field that you leave out does not change.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", min_properties = 1)]
pub struct UpdateWebhookEndpointRequest {
    #[deserr(default)]
    #[schema(value_type = EndpointUrl, required = false)]
    url: Optional<EndpointUrl>,
    /// The types of events to deliver. Empty for all.
    #[deserr(default)]
    #[schema(value_type = EventTypesField, required = false)]
    event_types: Optional<EventTypesField>,
    /// A note for people.
    #[deserr(default)]
    #[schema(value_type = Option<Description>, required = false)]
    description: Optional<Option<Description>>,
    /// Whether events are delivered. Enabling the endpoint delivers the events that it has missed, in order.
    #[deserr(default)]
    #[schema(value_type = bool, required = false)]
    enabled: Optional<bool>,
    /// Headers to add, to replace and to remove. Others do not change. `null` removes all of them.
    #[deserr(default)]
    #[schema(value_type = Option<HeaderChanges>, required = false)]
    headers: Optional<Option<HeaderChanges>>,
}

/// Update a webhook endpoint
///
/// Updates the fields that you send. Your key needs `read:events` too.
#[utoipa::path(
    patch,
    path = "/api/v1/webhook-endpoints/{webhookEndpointId}",
    tag = "Webhook endpoints",
    params(("webhookEndpointId" = String, Path, format = "uuid", description = "The webhook endpoint's id")),
    request_body = UpdateWebhookEndpointRequest,
    responses(
        (status = 200, description = "The updated webhook endpoint", body = WebhookEndpointResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
    ),
)]
pub async fn update_webhook_endpoint(
    caller: Caller<WriteWebhooks>,
    ApiPath(id): ApiPath<WebhookEndpointId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
    ApiJson(Patch(request)): ApiJson<Patch<UpdateWebhookEndpointRequest>>,
) -> Reply {
    // The endpoint gets what this scope shows.
    caller.require(Scope::ReadEvents)?;
    let headers = match request.headers.change() {
        FieldChange::Keep => FieldChange::Keep,
        FieldChange::Clear => FieldChange::Clear,
        FieldChange::Set(HeaderChanges(changes)) => FieldChange::Set(changes),
    };
    let update = UpdateEndpoint {
        url: request.url.0.map(|url| url.0),
        event_types: request.event_types.0.map(|types| types.0),
        description: request.description.change(),
        enabled: request.enabled.0,
        headers,
    };
    let endpoint = webhook_endpoints::update(caller.store(), id, &update, &precondition).await?;
    ok(endpoint.version, &WebhookEndpointResponse::from(&endpoint))
}
