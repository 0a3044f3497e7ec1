use deskless_api::{ApiPath, ApiQuery, Caller, IfNoneMatch, NoParameters, Reply, ok, scope::ReadConversations};
use deskless_app::bulk;
use deskless_domain::BulkActionId;

use crate::dto::BulkActionResponse;

/// Retrieve a bulk action
///
/// Returns the bulk action with its progress.
#[utoipa::path(
    get,
    path = "/api/v1/bulk-actions/{bulkActionId}",
    tag = "Bulk actions",
    params(("bulkActionId" = String, Path, format = "uuid", description = "The bulk action's id")),
    responses(
        (status = 200, description = "The bulk action", body = BulkActionResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
    ),
)]
pub async fn get_bulk_action(
    caller: Caller<ReadConversations>,
    ApiPath(id): ApiPath<BulkActionId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    _: IfNoneMatch,
) -> Reply {
    let action = bulk::get(caller.store(), id).await?;
    ok(action.version, &BulkActionResponse::from(&action))
}
