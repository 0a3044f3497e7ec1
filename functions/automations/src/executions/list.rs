use deskless_api::{
    ApiPath, ApiQuery, Caller, Reply, ok,
    scope::ReadAutomations,
    shape::{ListQuery, ListWalk},
};
use deskless_app::automations;
use deskless_domain::AutomationId;

use super::dto::ExecutionListResponse;

/// List runs of an automation
///
/// Lists the runs of the last 30 days, newest first by the time of the event that triggered them.
#[utoipa::path(
    get,
    path = "/api/v1/automations/{automationId}/executions",
    tag = "Automations",
    params(("automationId" = String, Path, format = "uuid", description = "The automation's id"), ListQuery),
    responses((status = 200, description = "A page of runs", body = ExecutionListResponse)),
)]
pub async fn list_executions(
    caller: Caller<ReadAutomations>,
    ApiPath(automation): ApiPath<AutomationId>,
    ApiQuery(query): ApiQuery<ListQuery>,
) -> Reply {
    let walk = ListWalk::new(&caller, query.cursor(), &["executions", &automation.to_string()]);
    let page = automations::list_executions(caller.store(), automation, walk.after()?, query.limit()).await?;
    ok(None, &ExecutionListResponse::from(walk.page(page.executions, page.next)))
}
