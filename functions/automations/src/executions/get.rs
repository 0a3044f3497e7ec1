use deskless_api::{
    ApiPath, ApiQuery, Caller, IfNoneMatch, NoParameters, Reply, not_modified, ok, scope::ReadAutomations,
};
use deskless_app::automations;
use deskless_domain::{AutomationId, ExecutionId};

use super::dto::ExecutionResponse;

/// Retrieve a run of an automation
#[utoipa::path(
    get,
    path = "/api/v1/automations/{automationId}/executions/{executionId}",
    tag = "Automations",
    params(
        ("automationId" = String, Path, format = "uuid", description = "The automation's id"),
        ("executionId" = String, Path, format = "uuid", description = "The run's id"),
    ),
    responses(
        (status = 200, description = "The run with its steps", body = ExecutionResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
    ),
)]
pub async fn get_execution(
    caller: Caller<ReadAutomations>,
    ApiPath((automation, id)): ApiPath<(AutomationId, ExecutionId)>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    known: IfNoneMatch,
) -> Reply {
    let execution = automations::get_execution(caller.store(), automation, id).await?;
    if known.holds(execution.version) {
        return Ok(not_modified(execution.version));
    }
    ok(execution.version, &ExecutionResponse::from(&execution))
}
