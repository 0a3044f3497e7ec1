use deskless_api::{ApiPath, ApiQuery, Caller, IfMatch, NoParameters, Reply, no_content, scope::WriteKeys};
use deskless_app::keys;
use deskless_domain::KeyId;

/// Revoke an API key
///
/// The key stops working within 30 seconds. It is still listed, with `revokedAt`. This cannot be undone.
///
/// The automations that run with its rights are disabled. List them with `GET /api/v1/automations?apiKeyId=…`, and enable one to let
/// it run with the rights of your key. Bulk actions and executions that the key started end with their current step. API keys that it
/// created keep working: `createdByKeyId` names them.
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
