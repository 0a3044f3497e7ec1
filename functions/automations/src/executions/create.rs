use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, finish, openapi::BASE, queued,
    scope::WriteAutomations,
};
use deskless_domain::{Automation, AutomationId, ConversationId, Execution, Metadata};
use deskless_store::Once;
use utoipa::ToSchema;

use super::dto::ExecutionResponse;
use crate::check;

/// A run to begin.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct CreateExecutionRequest {
    /// Over which conversation.
    conversation_id: ConversationId,
    /// What to pass on to webhooks.
    #[deserr(default)]
    context: Option<Metadata>,
}

/// Run an automation
///
/// Whatever its trigger and its conditions are, and also when it is disabled: you say that it shall be run, and over what. It begins
/// in a moment. Your key needs what the actions need, as when saving it.
#[utoipa::path(
    post,
    path = "/api/v1/automations/{automationId}/executions",
    tag = "Automations",
    params(("automationId" = String, Path, format = "uuid", description = "The automation's id")),
    request_body = CreateExecutionRequest,
    responses(
        (status = 202, description = "It waits for its turn", body = ExecutionResponse, headers(
            ("Location" = String, description = "The path of the new resource"),
            ("ETag" = String, description = "The version"),
            ("Idempotent-Replayed" = Option<String>, description = "`true` if the request is a repeat"),
        )),
    ),
)]
pub async fn create_execution(
    caller: Caller<WriteAutomations>,
    ApiPath(id): ApiPath<AutomationId>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateExecutionRequest>,
) -> Reply {
    let answer = |execution: &Execution| {
        let location = format!("{BASE}/automations/{id}/executions/{}", execution.id);
        queued(location, execution.version, &ExecutionResponse::from(execution))
    };
    let (request, repeat) = request.into_parts(&caller, &answer);
    let store = caller.store();
    let automation = match store.get_resource::<Automation>(id).await {
        Ok(automation) => automation,
        Err(error) => {
            // It may be gone since it was run under this key.
            let earlier = store.replay(repeat.as_ref()).await?.ok_or(error)?;
            return finish(Once::Replayed(earlier), answer);
        }
    };
    check::scopes(&caller, automation.fields.actions.as_slice())?;
    let context = request.context.unwrap_or_default();
    let outcome = store.create_execution(id, request.conversation_id, context, repeat).await?;
    finish(outcome, answer)
}
