use deskless_api::{ApiPath, ApiQuery, Caller, IfNoneMatch, NoParameters, Reply, ok, scope::ReadKeys};
use deskless_app::keys;
use deskless_domain::KeyId;

use super::dto::ApiKeyResponse;

/// Retrieve an API key
///
/// Returns the key without its secret, even if it is revoked or expired.
#[utoipa::path(
    get,
    path = "/api/v1/api-keys/{keyId}",
    tag = "API keys",
    params(("keyId" = String, Path, format = "uuid", description = "The key's id")),
    responses(
        (status = 200, description = "The API key", body = ApiKeyResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
    ),
)]
pub async fn get_api_key(
    caller: Caller<ReadKeys>,
    ApiPath(id): ApiPath<KeyId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    _: IfNoneMatch,
) -> Reply {
    let key = keys::get(caller.store(), id).await?;
    ok(key.version, &ApiKeyResponse::from(&key))
}
