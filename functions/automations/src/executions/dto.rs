use deskless_api::{envelope, object_tag};
use deskless_domain::{AutomationTrigger, Execution, ExecutionStatus, Metadata, Reason, Step, StepStatus, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

object_tag!(
    /// `"execution"`
    ExecutionTag = "execution"
);

/// One run of an automation over one conversation. It is kept for 30 days.
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
    /// What set it off; `manual`: somebody did.
    trigger: AutomationTrigger,
    /// `skipped`: when its turn came, it was not to be run any more.
    status: ExecutionStatus,
    /// Why it was skipped, or failed.
    #[schema(required)]
    reason: Option<ReasonObject>,
    /// What was passed on to webhooks.
    context: Metadata,
    /// Its steps in their order; empty until it begins. A step that fails ends the run.
    steps: Vec<StepObject>,
    /// When what set it off happened.
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(required, format = "date-time")]
    started_at: Option<String>,
    #[schema(required, format = "date-time")]
    finished_at: Option<String>,
}

/// One step of a run.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ExecutionStep)]
pub struct StepObject {
    /// What the action is called.
    action: String,
    /// `skipped`: a step before it failed.
    status: StepStatus,
    /// Why it failed.
    #[schema(required)]
    reason: Option<ReasonObject>,
    #[schema(required, format = "date-time")]
    finished_at: Option<String>,
}

/// Why something was not done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExecutionReason)]
pub struct ReasonObject {
    /// A stable word.
    code: String,
    /// A sentence for people.
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

envelope!(Execution => ExecutionObject, execution, executions, ExecutionResponse, ExecutionListResponse);
