use deserr::Deserr;
use deskless_api::{
    ApiJson, ApiPath, ApiQuery, Caller, Given, IfMatch, InvalidRequest, NoParameters, Patch, Reply, ok,
    scope::WriteAutomations, wire::FilterRequest,
};
use deskless_domain::{Automation, AutomationId, AutomationTrigger, Title, WebhookSecret};
use utoipa::ToSchema;

use crate::{
    action::{AutomationActionObject, AutomationActionRequest},
    check::{self, Wrong},
    dto::SavedAutomationResponse,
};

/// What to change. A field that is left out stays as it is.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase", min_properties = 1)]
pub struct UpdateAutomationRequest {
    #[deserr(default)]
    #[schema(value_type = Title, required = false)]
    name: Given<Title>,
    /// Whether its trigger sets it off.
    #[deserr(default)]
    #[schema(value_type = bool, required = false)]
    enabled: Given<bool>,
    #[deserr(default)]
    #[schema(value_type = AutomationTrigger, required = false)]
    trigger: Given<AutomationTrigger>,
    /// Replaced whole.
    #[deserr(default)]
    #[schema(value_type = FilterRequest, required = false)]
    conditions: Given<FilterRequest>,
    /// Replaced whole.
    #[deserr(default)]
    #[schema(value_type = Vec<AutomationActionObject>, required = false, min_items = 1, max_items = 20)]
    actions: Given<Vec<AutomationActionRequest>>,
    /// `true` makes a new secret for its webhooks, if it calls any. The one before counts no more.
    #[deserr(default)]
    #[schema(value_type = bool, required = false)]
    rotate_webhook_secret: Given<bool>,
}

/// Change an automation
///
/// What happens from 30 seconds later on, at the latest, is held against it as changed. A run that waits is run as the automation
/// is when its turn comes; one that has begun ends where its actions are others than those with which it began. Your key needs
/// what the actions need, also when you change something else.
#[utoipa::path(
    patch,
    path = "/api/v1/automations/{automationId}",
    tag = "Automations",
    params(("automationId" = String, Path, format = "uuid", description = "Its id")),
    request_body = UpdateAutomationRequest,
    responses(
        (status = 200, description = "It as it is now", body = SavedAutomationResponse, headers(
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
    let store = caller.store();
    let before = store.get_resource::<Automation>(id).await?;
    let conditions = request.conditions.0.map(|filter| filter.filter());
    let mut wrong = Wrong::default();
    if let Some(conditions) = &conditions {
        wrong.conditions(store, conditions).await?;
    }
    let actions = match request.actions.0 {
        Some(actions) => wrong.actions(store, actions).await?,
        None => None,
    };
    wrong.refuse()?;
    check::scopes(&caller, actions.as_ref().unwrap_or(&before.fields.actions).as_slice())?;
    let rotates = request.rotate_webhook_secret.0.unwrap_or(false);
    let fresh = WebhookSecret::generate(store.clock());
    let change = |automation: Automation| {
        let actions = actions.clone().unwrap_or(automation.actions);
        let kept = automation.webhook_secret.filter(|_| !rotates).unwrap_or_else(|| fresh.clone());
        Ok(Automation {
            name: request.name.0.clone().unwrap_or(automation.name),
            enabled: request.enabled.0.unwrap_or(automation.enabled),
            trigger: request.trigger.0.unwrap_or(automation.trigger),
            conditions: conditions.clone().unwrap_or(automation.conditions),
            webhook_secret: actions.call_webhooks().then_some(kept),
            actions,
        })
    };
    let resource = store.update_resource(id, expected, change).await?;
    let made = resource.fields.webhook_secret.as_ref().filter(|secret| **secret == fresh);
    ok(resource.version, &SavedAutomationResponse::new(&resource, made))
}
