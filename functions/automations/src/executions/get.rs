use deskless_api::{ApiPath, ApiQuery, Caller, IfNoneMatch, NoParameters, Reply, ok, scope::ReadAutomations};
use deskless_app::automations;
use deskless_domain::{AutomationId, ExecutionId};

use super::dto::ExecutionResponse;

/// Retrieve an execution
///
/// Returns the execution with its steps.
#[utoipa::path(
    get,
    path = "/api/v1/automations/{automationId}/executions/{executionId}",
    tag = "Automations",
    params(
        ("automationId" = String, Path, format = "uuid", description = "The automation's id"),
        ("executionId" = String, Path, format = "uuid", description = "The execution's id"),
    ),
    responses(
        (status = 200, description = "The execution with its steps", body = ExecutionResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
    ),
)]
pub async fn get_execution(
    caller: Caller<ReadAutomations>,
    ApiPath((automation, id)): ApiPath<(AutomationId, ExecutionId)>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    _: IfNoneMatch,
) -> Reply {
    let execution = automations::get_execution(caller.store(), automation, id).await?;
    ok(execution.version, &ExecutionResponse::from(&execution))
}
