use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, created, openapi::BASE, replayed,
    scope::WriteKeys, shown_once,
};
use deskless_app::keys::{self, KeyCreation, KeyRequest};
use deskless_domain::{KeyKind, RateLimit, Timestamp, Title};
use serde::Serialize;
use utoipa::ToSchema;

use super::dto::{ApiKeyObject, Origins, Scopes};

/// An API key to create.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct CreateApiKeyRequest {
    /// The name.
    name: Title,
    /// The default is `server`. It cannot be updated.
    #[deserr(default = KeyKind::Server)]
    #[schema(required = false)]
    kind: KeyKind,
    /// At least one, and only scopes that your own key has.
    #[schema(value_type = Vec<deskless_domain::Scope>, min_items = 1)]
    scopes: Scopes,
    /// The web origins from which the key can be used, at most 20. The default is any origin.
    #[deserr(default)]
    #[schema(value_type = Vec<deskless_domain::Origin>, required = false, max_items = 20)]
    allowed_origins: Origins,
    /// The time at which the key expires, in the future. By default it never expires.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    expires_at: Option<Timestamp>,
    /// The number of requests a minute, 1 to 1,000,000. The default is 6,000.
    #[deserr(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    rate_limit: Option<RateLimit>,
}

/// A new API key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewApiKeyResponse {
    api_key: ApiKeyObject,
    /// The secret. `null` in the response to a repeat.
    #[schema(required)]
    secret: Option<String>,
}

/// Create an API key
///
/// Returns the secret of the new key once. A key cannot have more scopes, a later expiry, other web origins or a higher rate
/// limit than your own key: the response is 403.
#[utoipa::path(
    post,
    path = "/api/v1/api-keys",
    tag = "API keys",
    request_body = CreateApiKeyRequest,
    responses(
        (status = 201, description = "The new API key with its secret", body = NewApiKeyResponse, headers(
            ("Location" = String, description = "The path of the new resource"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 409, description = "The workspace already has 100 API keys", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn create_api_key(
    caller: Caller<WriteKeys>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateApiKeyRequest>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    let command = KeyRequest {
        name: request.name,
        kind: request.kind,
        scopes: request.scopes.0,
        allowed_origins: request.allowed_origins.0,
        expires_at: request.expires_at,
        rate_limit: request.rate_limit,
    };
    let creation = keys::create(caller.store(), command, caller.credential().id, key.as_ref()).await?;
    let (key, secret) = match &creation {
        KeyCreation::Created(new) => (&new.key, Some(new.secret.reveal().to_owned())),
        KeyCreation::Replayed(key) => (key, None),
    };
    let location = format!("{BASE}/api-keys/{}", key.id);
    let reply = created(location, key.version, &NewApiKeyResponse { api_key: key.into(), secret });
    shown_once(replayed(matches!(creation, KeyCreation::Replayed(_)), reply))
}
