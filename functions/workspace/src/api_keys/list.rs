use deskless_api::{ApiQuery, Caller, Reply, ok, scope::ReadKeys, shape::ListQuery};
use deskless_app::keys;

use super::dto::ApiKeyListResponse;

/// List API keys
///
/// Lists all API keys, oldest first, revoked ones included.
#[utoipa::path(
    get,
    path = "/api/v1/api-keys",
    tag = "API keys",
    params(ListQuery),
    responses((status = 200, description = "A page of API keys", body = ApiKeyListResponse)),
)]
pub async fn list_api_keys(caller: Caller<ReadKeys>, ApiQuery(query): ApiQuery<ListQuery>) -> Reply {
    let cursor = query.list_cursor(&caller, "api-keys");
    let page = keys::list(caller.store(), cursor.after()?, query.limit()).await?;
    ok(None, &ApiKeyListResponse::from(cursor.page(page.keys, page.next)))
}
