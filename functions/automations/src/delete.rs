use deskless_api::{ApiPath, ApiQuery, Caller, IfMatch, NoParameters, Reply, no_content, scope::WriteAutomations};
use deskless_domain::{Automation, AutomationId};

/// Delete an automation
///
/// It is gone for good, and its runs are shown no more. A run that has begun ends where it is; what was done stays.
#[utoipa::path(
    delete,
    path = "/api/v1/automations/{automationId}",
    tag = "Automations",
    params(("automationId" = String, Path, format = "uuid", description = "Its id")),
    responses((status = 204, description = "Deleted")),
)]
pub async fn delete_automation(
    caller: Caller<WriteAutomations>,
    ApiPath(id): ApiPath<AutomationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
) -> Reply {
    caller.store().delete_resource::<Automation>(id, expected).await?;
    Ok(no_content())
}
