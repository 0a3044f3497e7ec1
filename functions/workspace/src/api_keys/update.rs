use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, IfMatch, InvalidRequest, NoParameters, Optional, Patch, Reply, ok,
    scope::WriteKeys,
};
use deskless_app::keys::{self, KeyPatch};
use deskless_domain::{KeyId, RateLimit, Timestamp, Title};
use utoipa::ToSchema;

use super::dto::{ApiKeyResponse, Origins, Scopes};

/// What to change. A field that is left out stays as it is.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", min_properties = 1)]
pub struct UpdateApiKeyRequest {
    #[deserr(default)]
    #[schema(value_type = Title, required = false)]
    name: Optional<Title>,
    /// Replaced whole: at least one, and none that neither your own key nor this one has.
    #[deserr(default)]
    #[schema(value_type = Vec<deskless_domain::Scope>, required = false, min_items = 1)]
    scopes: Optional<Scopes>,
    /// Replaced whole; null or empty: from anywhere. At most 20.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<deskless_domain::Origin>>, required = false, max_items = 20)]
    allowed_origins: Optional<Option<Origins>>,
    /// A time that lies ahead; null: never.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time", required = false)]
    expires_at: Optional<Option<Timestamp>>,
    /// How many requests a minute; null: 6,000.
    #[deserr(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000, required = false)]
    rate_limit: Optional<Option<RateLimit>>,
}

/// Change an API key
///
/// It works as changed everywhere within 30 seconds.
#[utoipa::path(
    patch,
    path = "/api/v1/api-keys/{keyId}",
    tag = "API keys",
    params(("keyId" = String, Path, format = "uuid", description = "The key's id")),
    request_body = UpdateApiKeyRequest,
    responses(
        (status = 200, description = "The key as it is now", body = ApiKeyResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
        (status = 409, description = "It is revoked", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn update_api_key(
    caller: Caller<WriteKeys>,
    ApiPath(id): ApiPath<KeyId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
    ApiJson(Patch(request)): ApiJson<Patch<UpdateApiKeyRequest>>,
) -> Reply {
    let patch = KeyPatch {
        name: request.name.0,
        scopes: request.scopes.0.map(|Scopes(scopes)| scopes),
        allowed_origins: request.allowed_origins.0.map(|origins| origins.unwrap_or_default().0),
        expires_at: request.expires_at.change(),
        rate_limit: request.rate_limit.change(),
    };
    let key = keys::update(caller.store(), id, &patch, &caller.credential().scopes, &precondition).await?;
    ok(key.version, &ApiKeyResponse::from(&key))
}
