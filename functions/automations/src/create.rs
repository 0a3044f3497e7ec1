use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, created, finish, openapi::BASE,
    scope::WriteAutomations, wire::FilterRequest,
};
use deskless_domain::{Automation, AutomationTrigger, ConversationFilter, Resource, Title, WebhookSecret};
use deskless_store::Once;
use utoipa::ToSchema;

use crate::{
    action::{AutomationActionObject, AutomationActionRequest},
    check::{self, Wrong},
    dto::SavedAutomationResponse,
};

/// An automation to make.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct CreateAutomationRequest {
    name: Title,
    /// Whether its trigger sets it off; it does unless said otherwise.
    #[deserr(default = true)]
    #[schema(required = false)]
    enabled: bool,
    /// What sets it off.
    trigger: AutomationTrigger,
    /// With which conversations; with all of them unless it is said.
    #[deserr(default)]
    conditions: Option<FilterRequest>,
    /// What is done, in this order: 1 to 20 actions, of at most 64 KiB together.
    #[schema(value_type = Vec<AutomationActionObject>, min_items = 1, max_items = 20)]
    actions: Vec<AutomationActionRequest>,
}

/// Create an automation
///
/// It is set off by what happens from 30 seconds later on, at the latest. Your key needs what the actions need:
/// `write:conversations` for those that change conversations or write messages, `read:replies` too for `reply`, and
/// `read:conversations` for `call_webhook`. A workspace has at most 100 automations.
///
/// `conversation.updated` is a change of what `PATCH` changes. A message, be it a reply or a note, is `message.created` and not
/// an update; a conversation that is opened with one is both `conversation.created` and `message.created`. That somebody has
/// read a thread is nothing of the kind. `conditions.customerEmail` is compared with the email on the conversation.
///
/// An automation never sets off itself, directly or through others, at most five set each other off in a row, and each is run
/// once at the most for what somebody did.
#[utoipa::path(
    post,
    path = "/api/v1/automations",
    tag = "Automations",
    request_body = CreateAutomationRequest,
    responses(
        (status = 201, description = "Created", body = SavedAutomationResponse, headers(
            ("Location" = String, description = "The path of the new resource"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
        (status = 409, description = "There are too many", body = inline(deskless_api::ProblemDocument), content_type = "application/problem+json"),
    ),
)]
pub async fn create_automation(
    caller: Caller<WriteAutomations>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateAutomationRequest>,
) -> Reply {
    let store = caller.store();
    let answer = |resource: &Resource<Automation>, made: Option<&WebhookSecret>| {
        let location = format!("{BASE}/automations/{}", resource.id);
        created(location, resource.version, &SavedAutomationResponse::new(resource, made))
    };
    // A secret is not stored with an answer.
    let stored = |resource: &Resource<Automation>| answer(resource, None);
    let (request, repeat) = request.into_parts(&caller, &stored);
    let conditions = request.conditions.map_or_else(ConversationFilter::default, |filter| filter.filter());
    let mut wrong = Wrong::default();
    wrong.conditions(store, &conditions).await?;
    let actions = match (wrong.actions(store, request.actions).await?, wrong.refuse()) {
        (Some(actions), Ok(())) => actions,
        (_, refused) => {
            // What a repeat refers to may be gone meanwhile.
            if let Some(earlier) = store.replay(repeat.as_ref()).await? {
                return finish(Once::Replayed(earlier), stored);
            }
            return Err(refused.err().unwrap_or_else(|| InvalidRequest::default().into()));
        }
    };
    check::scopes(&caller, actions.as_slice())?;
    let automation = Automation {
        name: request.name,
        enabled: request.enabled,
        trigger: request.trigger,
        conditions,
        webhook_secret: actions.call_webhooks().then(|| WebhookSecret::generate(store.clock())),
        actions,
    };
    let outcome = store.create_resource(automation, repeat).await?;
    finish(outcome, |resource| answer(resource, resource.fields.webhook_secret.as_ref()))
}
