use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, IfMatch, InvalidRequest, NoParameters, Reply, ok, replayed,
    scope::WriteWebhooks, with_secret,
};
use deskless_app::webhook_endpoints;
use deskless_domain::{Scope, WebhookEndpointId};
use utoipa::ToSchema;

use super::dto::SavedWebhookEndpointResponse;

/// An empty body.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
#[schema(max_properties = 0)]
pub struct RotateSecretRequest {}

/// Rotate a webhook secret
///
/// Returns a new secret. For a day, requests have two signatures: one of the new secret and one of the previous secret. Rotating again
/// ends the previous secret at once. Your key needs `read:webhooks` too.
#[utoipa::path(
    post,
    path = "/api/v1/webhook-endpoints/{webhookEndpointId}/rotate-secret",
    tag = "Webhook endpoints",
    params(("webhookEndpointId" = String, Path, format = "uuid", description = "The webhook endpoint's id")),
    request_body = Option<RotateSecretRequest>,
    responses(
        (status = 200, description = "The webhook endpoint with its new secret", body = SavedWebhookEndpointResponse, headers(
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
    ),
)]
pub async fn rotate_webhook_secret(
    caller: Caller<WriteWebhooks>,
    ApiPath(id): ApiPath<WebhookEndpointId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
    request: Idempotent<Option<RotateSecretRequest>>,
) -> Reply {
    // The response shows the stored endpoint beside the new secret.
    caller.require(Scope::ReadWebhooks)?;
    let (_, key) = request.into_parts(&caller);
    let saved = webhook_endpoints::rotate_secret(caller.store(), id, &precondition, key.as_ref()).await?;
    let response = SavedWebhookEndpointResponse::from(&saved.outcome);
    with_secret(replayed(saved.is_replay, ok(saved.outcome.endpoint.version, &response)))
}
