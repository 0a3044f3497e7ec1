use deskless_api::{ApiPath, ApiQuery, Caller, IfMatch, NoParameters, Reply, no_content, scope::WriteAutomations};
use deskless_app::resources;
use deskless_domain::{Automation, AutomationId};

/// Delete an automation
///
/// Deletes the automation and its executions. A running execution ends, and completed steps are not undone.
#[utoipa::path(
    delete,
    path = "/api/v1/automations/{automationId}",
    tag = "Automations",
    params(("automationId" = String, Path, format = "uuid", description = "The automation's id")),
    responses((status = 204, description = "The automation is deleted")),
)]
pub async fn delete_automation(
    caller: Caller<WriteAutomations>,
    ApiPath(id): ApiPath<AutomationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
) -> Reply {
    resources::delete::<Automation>(caller.store(), id, &precondition).await?;
    Ok(no_content())
}
