use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, created,
    openapi::BASE,
    replayed,
    scope::WriteAutomations,
    shown_once,
    wire::{FilterRequest, FilterValue},
};
use deskless_app::automations::{self, CreateAutomation};
use deskless_domain::{AutomationAction, AutomationPosition, AutomationTrigger, ConversationFilter, Title};
use utoipa::ToSchema;

use crate::{
    action::{AutomationActionObject, AutomationActionRequest},
    dto::SavedAutomationResponse,
};

/// An automation to create.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct CreateAutomationRequest {
    /// The name.
    name: Title,
    /// Whether its trigger runs it. The default is `true`.
    #[deserr(default = true)]
    #[schema(required = false)]
    enabled: bool,
    /// The event that runs it.
    trigger: AutomationTrigger,
    /// The conversations to which it applies. The default is all.
    #[deserr(default)]
    #[schema(value_type = FilterRequest, required = false)]
    conditions: FilterValue<FilterRequest>,
    /// The place among the automations that one event triggers: 1 to 1,000,000. The lowest runs first, `null` (the default) last.
    #[deserr(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    position: Option<AutomationPosition>,
    /// The actions, in order: 1 to 20, at most 64 KiB together.
    #[schema(value_type = Vec<AutomationActionObject>, min_items = 1, max_items = 20)]
    actions: Vec<AutomationActionRequest>,
}

/// Create an automation
///
/// A new automation acts on every event after the response. Your key needs the scopes of the actions.
#[utoipa::path(
    post,
    path = "/api/v1/automations",
    tag = "Automations",
    request_body = CreateAutomationRequest,
    responses(
        (status = 201, description = "The new automation", body = SavedAutomationResponse, headers(
            ("Location" = String, description = "The path of the new resource"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 409, description = "The workspace already has 100 automations", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn create_automation(
    caller: Caller<WriteAutomations>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateAutomationRequest>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    let command = CreateAutomation {
        name: request.name,
        enabled: request.enabled,
        trigger: request.trigger,
        conditions: request.conditions.0.map_or_else(ConversationFilter::default, |filter| filter.filter()),
        position: request.position,
        actions: request.actions.into_iter().map(AutomationAction::from).collect(),
        caller: caller.credential().id,
    };
    let saved = automations::create(caller.store(), command, key.as_ref()).await?;
    let automation = &saved.outcome.automation;
    let location = format!("{BASE}/automations/{}", automation.id);
    let response = SavedAutomationResponse::from(&saved.outcome);
    shown_once(replayed(saved.is_replay, created(location, automation.version, &response)))
}
