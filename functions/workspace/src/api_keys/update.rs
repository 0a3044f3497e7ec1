use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, IfMatch, InvalidRequest, NoParameters, Optional, Patch, Reply, ok,
    scope::WriteKeys,
};
use deskless_app::keys::{self, KeyPatch};
use deskless_domain::{KeyId, RateLimit, Timestamp, Title};
use utoipa::ToSchema;

use super::dto::{ApiKeyResponse, Origins, Scopes};

/// An update of an API key. A field that you leave out does not change.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", min_properties = 1)]
pub struct UpdateApiKeyRequest {
    /// The name.
    #[deserr(default)]
    #[schema(value_type = Title, required = false)]
    name: Optional<Title>,
    /// At least one, and only scopes that your own key or this key has.
    #[deserr(default)]
    #[schema(value_type = Vec<deskless_domain::Scope>, required = false, min_items = 1)]
    scopes: Optional<Scopes>,
    /// The web origins from which the key can be used, at most 20. `null` for any origin.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<deskless_domain::Origin>>, required = false, max_items = 20)]
    allowed_origins: Optional<Option<Origins>>,
    /// The time at which the key expires, in the future. `null` if it never expires.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = "date-time", required = false)]
    expires_at: Optional<Option<Timestamp>>,
    /// The number of requests a minute, 1 to 1,000,000. `null` for the default, 6,000.
    #[deserr(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000, required = false)]
    rate_limit: Optional<Option<RateLimit>>,
}

/// Update an API key
///
/// Takes effect within 30 seconds. You can rename and restrict every key that is not revoked. You cannot give a key more than
/// your own key has: the response is 403.
#[utoipa::path(
    patch,
    path = "/api/v1/api-keys/{keyId}",
    tag = "API keys",
    params(("keyId" = String, Path, format = "uuid", description = "The key's id")),
    request_body = UpdateApiKeyRequest,
    responses(
        (status = 200, description = "The updated API key", body = ApiKeyResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
        (status = 409, description = "The API key is revoked", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
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
    let key = keys::update(caller.store(), id, &patch, caller.credential().id, &precondition).await?;
    ok(key.version, &ApiKeyResponse::from(&key))
}
