use deskless_api::{ApiPath, ApiQuery, Caller, IfNoneMatch, NoParameters, Reply, ok, scope::ReadAutomations};
use deskless_app::resources;
use deskless_domain::{Automation, AutomationId};

use crate::dto::AutomationResponse;

/// Retrieve an automation
///
/// Returns the automation without its webhook secret.
#[utoipa::path(
    get,
    path = "/api/v1/automations/{automationId}",
    tag = "Automations",
    params(("automationId" = String, Path, format = "uuid", description = "The automation's id")),
    responses(
        (status = 200, description = "The automation", body = AutomationResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
    ),
)]
pub async fn get_automation(
    caller: Caller<ReadAutomations>,
    ApiPath(id): ApiPath<AutomationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    _: IfNoneMatch,
) -> Reply {
    let resource = resources::get::<Automation>(caller.store(), id).await?;
    ok(resource.version, &AutomationResponse::from(&resource))
}
