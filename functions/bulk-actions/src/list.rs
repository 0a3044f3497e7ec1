use deskless_api::{
    ApiQuery, Caller, Reply, ok,
    scope::ReadConversations,
    shape::{ListQuery, Page},
    wire::{BulkActionObject, ListTag},
};
use deskless_app::bulk;
use deskless_domain::BulkAction;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of bulk actions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkActionListResponse {
    object: ListTag,
    /// Whether more pages may follow.
    has_more: bool,
    /// The `cursor` of the next page. `null` on the last page.
    #[schema(required)]
    next_cursor: Option<String>,
    bulk_actions: Vec<BulkActionObject>,
}

/// List bulk actions
///
/// Lists the bulk actions of the last 30 days, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/bulk-actions",
    tag = "Bulk actions",
    params(ListQuery),
    responses((status = 200, description = "A page of bulk actions", body = BulkActionListResponse)),
)]
pub async fn list_bulk_actions(caller: Caller<ReadConversations>, ApiQuery(query): ApiQuery<ListQuery>) -> Reply {
    let cursor = query.list_cursor(&caller, "bulk-actions");
    let page = bulk::list(caller.store(), cursor.after()?, query.limit()).await?;
    let page: Page<BulkAction> = cursor.page(page.actions, page.next);
    ok(
        None,
        &BulkActionListResponse {
            object: ListTag,
            has_more: page.next_cursor.is_some(),
            next_cursor: page.next_cursor,
            bulk_actions: page.rows.iter().map(BulkActionObject::from).collect(),
        },
    )
}
