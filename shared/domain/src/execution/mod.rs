//! Executions: runs of an automation, with the result of each step.

mod id;
mod retry;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub(crate) use id::fingerprint;
pub use retry::RetryResult;

use crate::{
    Automation, AutomationActions, AutomationId, AutomationTrigger, Cause, Conversation, ConversationId, ExecutionId,
    ExecutionStatus, KeyId, Metadata, StepStatus, Timestamp, authorization::Denial,
};

/// One run of an automation on one conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// The id, which contains the time of the trigger event.
    pub id: ExecutionId,
    /// The automation.
    pub automation_id: AutomationId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The trigger.
    pub trigger: AutomationTrigger,
    /// Data for webhooks, passed in when the automation was run manually.
    pub context: Metadata,
    /// The API key that ran it manually, with whose rights it runs. `None` if a trigger runs it, with those of the automation's.
    pub api_key: Option<KeyId>,
    /// The root cause: a change that no automation made, or a manual run.
    pub origin: ExecutionId,
    /// The automations whose changes led to this run, in order, without its own.
    pub chain: Vec<AutomationId>,
    /// The status.
    pub status: ExecutionStatus,
    /// Why it was not run, or not completely.
    pub reason: Option<Reason>,
    /// The steps. Empty until the execution starts.
    pub steps: Vec<Step>,
    /// The digest of the actions that the steps belong to.
    pub fingerprint: Option<String>,
    /// The time at which it started.
    pub started_at: Option<Timestamp>,
    /// The time at which it finished.
    pub finished_at: Option<Timestamp>,
    /// The version. Each step increments it.
    pub version: u64,
    /// Whether it waits for an earlier automation of the same event.
    #[serde(default)]
    pub waits: bool,
    /// The automation of the same event that runs after this one.
    #[serde(default)]
    pub next: Option<AutomationId>,
}

/// One step of an execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// The name of the action.
    pub action: String,
    /// The status.
    pub status: StepStatus,
    /// Why it failed, or why its last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// The time of the next attempt of a step that is retried, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<i64>,
    /// The time at which it finished, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<i64>,
}

/// Why an execution or a step did not complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A stable code for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

impl Reason {
    /// Creates a reason from its code and its sentence.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

impl From<Denial> for Reason {
    /// Returns why an execution does not run: what its API key may no longer do.
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::MissingScope(scope) => Self::new(
                "api_key_lacks_scope",
                format!("The API key that it runs with no longer has the scope `{scope}`, which an action needs."),
            ),
            Denial::Expired => Self::new("api_key_expired", "The API key that it runs with has expired."),
            _ => Self::new("api_key_revoked", "The API key that it runs with was revoked."),
        }
    }
}

impl Execution {
    /// The maximum number of consecutive automations that trigger each other.
    pub const MAX_CHAIN: usize = 5;

    /// Creates a queued execution.
    #[must_use]
    pub fn queued(
        id: ExecutionId,
        automation_id: AutomationId,
        conversation_id: ConversationId,
        trigger: AutomationTrigger,
    ) -> Self {
        Self {
            id,
            automation_id,
            conversation_id,
            trigger,
            context: Metadata::default(),
            api_key: None,
            origin: id,
            chain: Vec::new(),
            status: ExecutionStatus::Queued,
            reason: None,
            steps: Vec::new(),
            fingerprint: None,
            started_at: None,
            finished_at: None,
            version: 1,
            waits: false,
            next: None,
        }
    }

    /// Makes executions of one event run one after another, in this order, and after them the one of the automation `next`.
    pub fn link(executions: &mut [Self], mut next: Option<AutomationId>) {
        for (at, execution) in executions.iter_mut().enumerate().rev() {
            execution.waits = at > 0;
            execution.next = next.replace(execution.automation_id);
        }
    }

    /// Returns the execution that may start when this one is over. It does not wait for calls that are retried.
    #[must_use]
    pub fn successor(&self) -> Option<(AutomationId, ExecutionId)> {
        let next = self.next.filter(|_| !self.has_steps_left())?;
        Some((next, ExecutionId::of_origin(next, self.origin)))
    }

    /// Returns the time of the trigger event, from the id.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.id.time()
    }

    /// Returns whether the execution has finished.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !matches!(self.status, ExecutionStatus::Queued | ExecutionStatus::Running)
    }

    /// Returns whether there are steps to take. Calls that are retried are none.
    #[must_use]
    pub fn has_steps_left(&self) -> bool {
        self.status == ExecutionStatus::Queued || self.next_step().is_some()
    }

    /// Returns the index of the next step; `None` when the execution has not started or has finished.
    #[must_use]
    pub fn next_step(&self) -> Option<usize> {
        let is_running = self.status == ExecutionStatus::Running;
        is_running.then(|| self.steps.iter().position(|step| step.status == StepStatus::Pending)).flatten()
    }

    /// Returns the execution, started with these actions.
    #[must_use]
    pub fn begun(&self, actions: &AutomationActions, now: Timestamp) -> Self {
        let pending = |action: &crate::AutomationAction| Step {
            action: action.word().to_owned(),
            status: StepStatus::Pending,
            reason: None,
            next_attempt_at: None,
            finished_at: None,
        };
        Self {
            status: ExecutionStatus::Running,
            steps: actions.as_slice().iter().map(pending).collect(),
            fingerprint: Some(actions.fingerprint()),
            started_at: Some(now),
            waits: false,
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// Returns the execution after its next step. A failed step ends the execution and skips the remaining steps.
    #[must_use]
    pub fn after_step(&self, outcome: Result<(), Reason>, now: Timestamp) -> Self {
        let Some(at) = self.next_step() else { return self.clone() };
        let mut next = Self { version: self.version + 1, ..self.clone() };
        let failed = outcome.is_err();
        let step = &mut next.steps[at];
        step.status = if failed { StepStatus::Failed } else { StepStatus::Succeeded };
        step.reason = outcome.err();
        step.finished_at = Some(now.as_millis());
        if failed {
            let number = at + 1;
            let reason = Reason::new("step_failed", format!("Step {number} failed. The remaining steps were skipped."));
            next.skip_pending();
            next.end(ExecutionStatus::Failed, Some(reason), now);
        } else {
            next.end_if_complete(now);
        }
        next
    }

    /// Ends the execution after its last step, unless a call is retried.
    fn end_if_complete(&mut self, now: Timestamp) {
        let is_open = |step: &Step| matches!(step.status, StepStatus::Pending | StepStatus::Retrying);
        if self.is_over() || self.steps.iter().any(is_open) {
            return;
        }
        match self.steps.iter().position(|step| step.status == StepStatus::Failed) {
            Some(at) => {
                let reason = Reason::new("step_failed", format!("Step {} failed.", at + 1));
                self.end(ExecutionStatus::Failed, Some(reason), now);
            }
            None => self.end(ExecutionStatus::Succeeded, None, now),
        }
    }

    /// Returns the execution, ended early or before it started.
    #[must_use]
    pub fn ended(&self, status: ExecutionStatus, reason: Reason, now: Timestamp) -> Self {
        let mut next = Self { version: self.version + 1, waits: false, ..self.clone() };
        next.skip_pending();
        next.end(status, Some(reason), now);
        next
    }

    /// Returns the execution, ended because it cannot go on: skipped if it has not started, failed otherwise.
    #[must_use]
    pub fn cut_short(&self, reason: Reason, now: Timestamp) -> Self {
        let status = match self.status {
            ExecutionStatus::Queued => ExecutionStatus::Skipped,
            _ => ExecutionStatus::Failed,
        };
        self.ended(status, reason, now)
    }

    /// Returns the execution, started on a conversation or skipped because it does not apply any more. A manual run ignores
    /// the automation's conditions and `enabled`.
    #[must_use]
    pub fn begin_on(&self, automation: &Automation, conversation: Option<&Conversation>, now: Timestamp) -> Self {
        let skip = |code, message: &str| self.ended(ExecutionStatus::Skipped, Reason::new(code, message), now);
        let Some(conversation) = conversation else {
            return skip("conversation_deleted", "The conversation was deleted.");
        };
        let is_manual = self.trigger == AutomationTrigger::Manual;
        if !is_manual && !automation.enabled {
            skip("automation_disabled", "The automation was disabled.")
        } else if !is_manual && !automation.conditions.matches(conversation, now) {
            skip("conditions_not_met", "The conversation no longer meets the conditions.")
        } else {
            self.begun(&automation.actions, now)
        }
    }

    fn skip_pending(&mut self) {
        for step in self.steps.iter_mut().filter(|step| step.status == StepStatus::Pending) {
            step.status = StepStatus::Skipped;
        }
    }

    fn end(&mut self, status: ExecutionStatus, reason: Option<Reason>, now: Timestamp) {
        (self.status, self.reason, self.finished_at) = (status, reason, Some(now));
    }

    /// Returns the cause that the next step records on the conversation.
    #[must_use]
    pub fn cause(&self) -> Cause {
        let mut chain = self.chain.clone();
        chain.push(self.automation_id);
        Cause { execution: self.id, step: self.next_step().unwrap_or_default(), origin: self.origin, chain }
    }
}
