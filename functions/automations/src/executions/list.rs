use deskless_api::{
    ApiPath, ApiQuery, Caller, Reply, ok,
    scope::ReadAutomations,
    shape::{ListCursor, ListQuery},
};
use deskless_app::automations;
use deskless_domain::AutomationId;

use super::dto::ExecutionListResponse;

/// List executions
///
/// Lists the executions of the last 30 days, newest first by the time of their events.
#[utoipa::path(
    get,
    path = "/api/v1/automations/{automationId}/executions",
    tag = "Automations",
    params(("automationId" = String, Path, format = "uuid", description = "The automation's id"), ListQuery),
    responses((status = 200, description = "A page of executions", body = ExecutionListResponse)),
)]
pub async fn list_executions(
    caller: Caller<ReadAutomations>,
    ApiPath(automation): ApiPath<AutomationId>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Reply {
    let cursor = ListCursor::new(&caller, query.cursor(), &["executions", &automation.to_string()]);
    let page = automations::list_executions(caller.store(), automation, cursor.after()?, query.limit()).await?;
    ok(None, &ExecutionListResponse::from(cursor.page(page.executions, page.next)))
}
