use deskless_api::{ApiPath, ApiQuery, Caller, IfMatch, NoParameters, Reply, no_content, scope::WriteKeys};
use deskless_app::keys;
use deskless_domain::KeyId;

/// Revoke an API key
///
/// The key stops working within 30 seconds, and its automations are disabled. It is still listed. This cannot be undone.
#[utoipa::path(
    delete,
    path = "/api/v1/api-keys/{keyId}",
    tag = "API keys",
    params(("keyId" = String, Path, format = "uuid", description = "The key's id")),
    responses((status = 204, description = "The API key is revoked")),
)]
pub async fn delete_api_key(
    caller: Caller<WriteKeys>,
    ApiPath(id): ApiPath<KeyId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
) -> Reply {
    keys::revoke(caller.store(), id, &precondition).await?;
    Ok(no_content())
}
