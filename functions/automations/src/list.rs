use deskless_api::{ApiQuery, Caller, Reply, ok, scope::ReadAutomations, shape::ListQuery};
use deskless_app::resources;
use deskless_domain::Automation;

use crate::dto::AutomationListResponse;

/// List automations
///
/// Lists all automations, oldest first, disabled ones included.
#[utoipa::path(
    get,
    path = "/api/v1/automations",
    tag = "Automations",
    params(ListQuery),
    responses((status = 200, description = "A page of automations", body = AutomationListResponse)),
)]
pub async fn list_automations(caller: Caller<ReadAutomations>, ApiQuery(query): ApiQuery<ListQuery>) -> Reply {
    let cursor = query.list_cursor(&caller, "automations");
    let page = resources::list::<Automation>(caller.store(), cursor.after()?, query.limit()).await?;
    ok(None, &AutomationListResponse::from(cursor.page(page.resources, page.next)))
}
