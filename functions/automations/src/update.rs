use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, IfMatch, InvalidRequest, NoParameters, Optional, Patch, Reply, ok,
    scope::WriteAutomations, wire::FilterRequest, with_secret,
};
use deskless_app::automations::{self, UpdateAutomation};
use deskless_domain::{AutomationAction, AutomationId, AutomationPosition, AutomationTrigger, Scope, Title};
use utoipa::ToSchema;

use crate::{
    action::{AutomationActionObject, AutomationActionRequest},
    dto::SavedAutomationResponse,
};

/// An update of an automation. A field that you leave out does not change.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", min_properties = 1)]
pub struct UpdateAutomationRequest {
    /// The name.
    #[deserr(default)]
    #[schema(value_type = Title, required = false)]
    name: Optional<Title>,
    /// Whether its trigger runs it.
    #[deserr(default)]
    #[schema(value_type = bool, required = false)]
    enabled: Optional<bool>,
    /// The event that runs it.
    #[deserr(default)]
    #[schema(value_type = AutomationTrigger, required = false)]
    trigger: Optional<AutomationTrigger>,
    /// The conversations to which it applies.
    #[deserr(default)]
    #[schema(value_type = FilterRequest, required = false)]
    conditions: Optional<FilterRequest>,
    /// The place among the automations that one event triggers: 1 to 1,000,000. `null` is after all places.
    #[deserr(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000, required = false)]
    position: Optional<Option<AutomationPosition>>,
    /// The actions, in order: 1 to 20, at most 64 KiB together.
    #[deserr(default)]
    #[schema(value_type = Vec<AutomationActionObject>, required = false, min_items = 1, max_items = 20)]
    actions: Optional<Vec<AutomationActionRequest>>,
    /// `true` replaces the secret that signs its webhooks. The old secret is invalid at once.
    #[deserr(default)]
    #[schema(value_type = bool, required = false)]
    rotate_webhook_secret: Optional<bool>,
}

/// Update an automation
///
/// Takes effect for every event after the response. Your key needs the scopes of the actions. If you update the actions, the
/// conditions or the trigger, or enable the automation, it runs with the rights of your key from then on.
#[utoipa::path(
    patch,
    path = "/api/v1/automations/{automationId}",
    tag = "Automations",
    params(("automationId" = String, Path, format = "uuid", description = "The automation's id")),
    request_body = UpdateAutomationRequest,
    responses(
        (status = 200, description = "The updated automation", body = SavedAutomationResponse, headers(
            ("ETag" = String, description = "The version"),
        )),
    ),
)]
pub async fn update_automation(
    caller: Caller<WriteAutomations>,
    ApiPath(id): ApiPath<AutomationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    IfMatch(precondition): IfMatch,
    ApiJson(Patch(request)): ApiJson<Patch<UpdateAutomationRequest>>,
) -> Reply {
    let calls_webhook =
        |actions: &Vec<AutomationActionRequest>| actions.iter().any(AutomationActionRequest::calls_webhook);
    if request.rotate_webhook_secret.0 == Some(true) || request.actions.0.as_ref().is_some_and(calls_webhook) {
        // The response may have a new secret, beside the stored automation.
        caller.require(Scope::ReadAutomations)?;
    }
    let update = UpdateAutomation {
        name: request.name.0,
        enabled: request.enabled.0,
        trigger: request.trigger.0,
        conditions: request.conditions.0.map(|filter| filter.filter()),
        position: request.position.change(),
        actions: request.actions.0.map(|actions| actions.into_iter().map(AutomationAction::from).collect()),
        rotate_webhook_secret: request.rotate_webhook_secret.0.unwrap_or(false),
        caller: caller.credential().id,
    };
    let saved = automations::update(caller.store(), id, update, &precondition).await?;
    with_secret(ok(saved.automation.version, &SavedAutomationResponse::from(&saved)))
}
