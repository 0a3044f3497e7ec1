//! The wire format of executions of automations.

use deskless_domain::{AutomationTrigger, Execution, ExecutionStatus, Metadata, Reason, Step, StepStatus, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

crate::object_tag!(
    /// `"execution"`
    ExecutionTag = "execution"
);

/// An execution of an automation on a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Execution)]
pub struct ExecutionObject {
    object: ExecutionTag,
    #[schema(format = "uuid")]
    id: String,
    #[schema(format = "uuid")]
    automation_id: String,
    #[schema(format = "uuid")]
    conversation_id: String,
    /// The event. `manual` if you ran it through the API.
    trigger: AutomationTrigger,
    /// The status.
    status: ExecutionStatus,
    /// `null` unless it was skipped or failed.
    #[schema(required)]
    reason: Option<ReasonObject>,
    /// The data that is sent to webhooks.
    context: Metadata,
    /// The steps, in order. A failed step ends the execution, except a webhook call whose retries have failed.
    steps: Vec<StepObject>,
    /// The time of the event that triggered it.
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(required, format = "date-time")]
    started_at: Option<String>,
    #[schema(required, format = "date-time")]
    finished_at: Option<String>,
}

/// A step of an execution.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExecutionStep)]
pub struct StepObject {
    /// The name of the action, such as `assign`.
    action: String,
    /// The status.
    status: StepStatus,
    /// `null` unless it failed. While a webhook is `retrying`: why its last attempt failed.
    #[schema(required)]
    reason: Option<ReasonObject>,
    /// The time of the next attempt. `null` unless the step is `retrying`.
    #[schema(required, format = "date-time")]
    next_attempt_at: Option<String>,
    #[schema(required, format = "date-time")]
    finished_at: Option<String>,
}

/// The reason why an execution or a step was skipped or failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExecutionReason)]
pub struct ReasonObject {
    /// A stable code for programs.
    code: String,
    /// A message for people.
    message: String,
}

impl From<&Reason> for ReasonObject {
    fn from(reason: &Reason) -> Self {
        Self { code: reason.code.clone(), message: reason.message.clone() }
    }
}

impl From<&Step> for StepObject {
    fn from(step: &Step) -> Self {
        Self {
            action: step.action.clone(),
            status: step.status,
            reason: step.reason.as_ref().map(ReasonObject::from),
            next_attempt_at: step.next_attempt_at.map(|at| Timestamp::from_millis(at).to_string()),
            finished_at: step.finished_at.map(|at| Timestamp::from_millis(at).to_string()),
        }
    }
}

impl From<&Execution> for ExecutionObject {
    fn from(execution: &Execution) -> Self {
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        Self {
            object: ExecutionTag,
            id: execution.id.to_string(),
            automation_id: execution.automation_id.to_string(),
            conversation_id: execution.conversation_id.to_string(),
            trigger: execution.trigger,
            status: execution.status,
            reason: execution.reason.as_ref().map(ReasonObject::from),
            context: execution.context.clone(),
            steps: execution.steps.iter().map(StepObject::from).collect(),
            created_at: execution.created_at().to_string(),
            started_at: time(execution.started_at),
            finished_at: time(execution.finished_at),
        }
    }
}
