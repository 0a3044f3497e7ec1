use deserr::Deserr;
use deskless_api::{
    ApiPath, ApiQuery, Caller, Idempotent, InvalidRequest, NoParameters, Reply, accepted, openapi::BASE, replayed,
    scope::WriteAutomations,
};
use deskless_app::automations::{self, RunAutomation};
use deskless_domain::{AutomationId, ConversationId, Metadata};
use utoipa::ToSchema;

use super::dto::ExecutionResponse;

/// An execution to create.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = InvalidRequest, rename_all = camelCase, deny_unknown_fields)]
#[schema(rename_all = "camelCase")]
pub struct CreateExecutionRequest {
    /// The conversation.
    conversation_id: ConversationId,
    /// Data to send to the automation's webhooks.
    #[deserr(default)]
    context: Option<Metadata>,
}

/// Run an automation
///
/// Runs the automation on a conversation now, ignoring its trigger, its conditions and `enabled`. The actions run in the
/// background. Your key needs the scopes of the actions.
#[utoipa::path(
    post,
    path = "/api/v1/automations/{automationId}/executions",
    tag = "Automations",
    params(("automationId" = String, Path, format = "uuid", description = "The automation's id")),
    request_body = CreateExecutionRequest,
    responses(
        (status = 202, description = "The queued execution", body = ExecutionResponse, headers(
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
    let (request, key) = request.into_parts(&caller);
    let command = RunAutomation {
        automation: id,
        conversation: request.conversation_id,
        context: request.context.unwrap_or_default(),
        caller: caller.credential().id,
    };
    let queued = automations::run(caller.store(), command, key.as_ref()).await?;
    let execution = &queued.outcome;
    let location = format!("{BASE}/automations/{id}/executions/{}", execution.id);
    replayed(queued.is_replay, accepted(location, execution.version, &ExecutionResponse::from(execution)))
}
