//! `/automations-executions`.

use deserr::Deserr;
use deskless_api::{
    ApiQuery, Caller, Idempotent, InvalidRequest, Json, JsonObject, NoParameters, Problem, Reply, dialect::respond,
    replayed, scope::WriteAutomations,
};
use deskless_app::automations::{self, RunAutomation};
use deskless_domain::{AutomationId, ConversationId, Metadata};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    error::{bad_request, invalid},
    organization,
};

/// What the service's clients send of the conversation. The execution reads it again, so that it is current and complete.
const READ_AGAIN: [&str; 3] = ["conversation", "contact", "messages"];

/// An automation to run on a conversation.
#[derive(Debug, Deserr)]
#[deserr(error = InvalidRequest, deny_unknown_fields)]
pub struct CreateExecution {
    automation_id: AutomationId,
    conversation_id: ConversationId,
    #[deserr(default)]
    organization_id: Option<String>,
    #[deserr(default)]
    initial_payload: Option<Json>,
}

/// Returns the values of the payload that the execution does not read itself.
fn context(payload: Option<Json>) -> Result<Metadata, Problem> {
    let rest: JsonObject = match payload {
        None => JsonObject::new(),
        Some(Json::Object(payload)) => {
            payload.into_iter().filter(|(name, _)| !READ_AGAIN.contains(&name.as_str())).collect()
        }
        Some(_) => return Err(bad_request("initial_payload", "must be an object")),
    };
    Metadata::from_json(&Json::Object(rest).to_string()).map_err(|error| invalid("initial_payload", &error))
}

/// Runs an automation on a conversation, in the background.
pub async fn create(
    caller: Caller<WriteAutomations>,
    ApiQuery(NoParameters {}): ApiQuery<NoParameters>,
    request: Idempotent<CreateExecution>,
) -> Reply {
    let (request, key) = request.into_parts(&caller);
    organization::check(&caller, request.organization_id.as_deref())?;
    let command = RunAutomation {
        automation: request.automation_id,
        conversation: request.conversation_id,
        context: context(request.initial_payload)?,
        caller: caller.credential().id,
    };
    let queued = automations::run(caller.store(), command, key.as_ref()).await?;
    let execution = &queued.outcome;
    let time = |time: Option<deskless_domain::Timestamp>| time.map_or(Value::Null, |time| json!(time.to_string()));
    let body = json!({
        "id": execution.id.to_string(),
        "automation_id": execution.automation_id.to_string(),
        "organization_id": caller.store().workspace_id().to_string(),
        "conversation_id": execution.conversation_id.to_string(),
        "status": execution.status,
        "initial_payload": execution.context,
        "created_at": execution.created_at().to_string(),
        "started_at": time(execution.started_at),
        "finished_at": time(execution.finished_at),
    });
    replayed(queued.is_replay, respond(StatusCode::CREATED, &body))
}
