use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, created, openapi::BASE, replayed,
    scope::WriteKeys,
};
use deskless_app::keys::{self, KeyRequest, NewKey};
use deskless_domain::{KeyKind, RateLimit, Timestamp, Title};
use serde::Serialize;
use utoipa::ToSchema;

use super::dto::{ApiKeyObject, Origins, Scopes};

/// A key to make.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct CreateApiKeyRequest {
    name: Title,
    /// `server` unless said otherwise: for a back end. `client` is for a browser or an app. It never changes.
    #[deserr(default = KeyKind::Server)]
    #[schema(required = false)]
    kind: KeyKind,
    /// What it allows: at least one, and none that your own key lacks.
    #[schema(value_type = Vec<deskless_domain::Scope>, min_items = 1)]
    scopes: Scopes,
    /// From which web origins it may be used; from anywhere, unless it is said. At most 20.
    #[deserr(default)]
    #[schema(value_type = Vec<deskless_domain::Origin>, required = false, max_items = 20)]
    allowed_origins: Origins,
    /// When it stops working: a time that lies ahead. Never, unless it is said.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time")]
    expires_at: Option<Timestamp>,
    /// How many requests a minute; 6,000 unless it is said.
    #[deserr(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    rate_limit: Option<RateLimit>,
}

/// A new key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewApiKeyResponse {
    api_key: ApiKeyObject,
    /// What its holder sends. It is shown here and never again: null in the answer to a repeat.
    #[schema(required)]
    secret: Option<String>,
}

/// Create an API key
#[utoipa::path(
    post,
    path = "/api/v1/api-keys",
    tag = "API keys",
    request_body = CreateApiKeyRequest,
    responses(
        (status = 201, description = "Created", body = NewApiKeyResponse, headers(
            ("Location" = String, description = "The path of the new resource"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
    ),
)]
pub async fn create_api_key(
    caller: Caller<WriteKeys>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateApiKeyRequest>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    let wanted = KeyRequest {
        name: request.name,
        kind: request.kind,
        scopes: request.scopes.0,
        allowed_origins: request.allowed_origins.0,
        expires_at: request.expires_at,
        rate_limit: request.rate_limit,
    };
    let made = keys::create(caller.store(), wanted, &caller.credential().scopes, key.as_ref()).await?;
    let NewKey { key, secret } = &made.outcome;
    let secret = secret.as_ref().map(|secret| secret.reveal().to_owned());
    let location = format!("{BASE}/api-keys/{}", key.id);
    replayed(made.is_replay, created(location, key.version, &NewApiKeyResponse { api_key: key.into(), secret }))
}
