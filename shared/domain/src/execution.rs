//! Executions: runs of an automation, with the result of each step.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

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
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
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

    /// Returns the execution that may start when this one is over.
    #[must_use]
    pub fn successor(&self) -> Option<(AutomationId, ExecutionId)> {
        let next = self.next.filter(|_| self.is_over())?;
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
        } else if at + 1 == next.steps.len() {
            next.end(ExecutionStatus::Succeeded, None, now);
        }
        next
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

impl ExecutionId {
    /// Returns the root cause that stands for one change of a conversation. It is the same each time the change is delivered.
    #[must_use]
    pub fn of_change(conversation: ConversationId, version: u64, time: Timestamp) -> Self {
        Self::hashed(time, &[&conversation.as_bytes()[..], &version.to_be_bytes()])
    }

    /// Returns the id of an automation's execution for a root cause. There is one per automation and root cause, so that
    /// automations that trigger each other are not run once for each possible order.
    #[must_use]
    pub fn of_origin(automation: AutomationId, origin: Self) -> Self {
        Self::hashed(origin.time(), &[&automation.as_bytes()[..], &origin.as_bytes()[..]])
    }

    fn hashed(time: Timestamp, parts: &[&[u8]]) -> Self {
        let digest = parts.iter().fold(Sha256::new(), Sha256::chain_update).finalize();
        let mut bits = [0; 16];
        bits.copy_from_slice(&digest[..16]);
        Self::at(time, u128::from_be_bytes(bits))
    }
}

/// Returns the first 16 bytes of a SHA-256 digest, in hexadecimal.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(bytes)[..16]);
    format!("{:032x}", u128::from_be_bytes(half))
}

#[cfg(test)]
mod tests {
    use super::{Execution, Reason};
    use crate::{
        AutomationAction, AutomationActions, AutomationId, AutomationTrigger, ConversationId, ExecutionId,
        ExecutionStatus, MessageBody, StepStatus, Timestamp,
    };

    const NOW: Timestamp = Timestamp::from_millis(1_782_669_600_000);

    fn automation(n: u8) -> AutomationId {
        AutomationId::from_bytes([n; 16])
    }

    fn execution() -> Execution {
        let conversation = ConversationId::from_bytes([1; 16]);
        let id = ExecutionId::of_origin(automation(1), ExecutionId::of_change(conversation, 7, NOW));
        Execution::queued(id, automation(1), conversation, AutomationTrigger::MessageCreated)
    }

    fn notes(n: usize) -> AutomationActions {
        let note = || AutomationAction::Note(MessageBody::parse("Hi".to_owned()).expect("a body"));
        AutomationActions::parse((0..n).map(|_| note()).collect()).expect("few actions")
    }

    #[test]
    fn execution_ends_after_its_last_step() {
        let first = execution().begun(&notes(2), NOW);
        assert_eq!(first.next_step(), Some(0));
        let second = first.after_step(Ok(()), NOW);
        assert_eq!((second.next_step(), second.is_over()), (Some(1), false));
        let over = second.after_step(Ok(()), NOW);
        assert_eq!((over.status, over.next_step(), over.version), (ExecutionStatus::Succeeded, None, 4));
    }

    #[test]
    fn failed_step_skips_the_remaining_ones() {
        let over =
            execution().begun(&notes(3), NOW).after_step(Ok(()), NOW).after_step(Err(Reason::new("a", "b")), NOW);
        let statuses: Vec<_> = over.steps.iter().map(|step| step.status).collect();
        assert_eq!(statuses, [StepStatus::Succeeded, StepStatus::Failed, StepStatus::Skipped]);
        assert_eq!((over.status, over.finished_at), (ExecutionStatus::Failed, Some(NOW)));
        assert_eq!(over.after_step(Ok(()), NOW), over, "a finished execution does not change");
    }

    #[test]
    fn execution_id_is_deterministic() {
        assert_eq!(execution().id, execution().id);
        assert_eq!(execution().created_at(), NOW);
        let conversation = ConversationId::from_bytes([1; 16]);
        let (this, next) = (ExecutionId::of_change(conversation, 7, NOW), ExecutionId::of_change(conversation, 8, NOW));
        assert_eq!(ExecutionId::of_origin(automation(1), this), execution().id);
        assert_ne!(ExecutionId::of_origin(automation(1), next), execution().id);
        assert_ne!(ExecutionId::of_origin(automation(2), this), execution().id);
    }

    #[test]
    fn actions_have_a_count_and_a_size_limit() {
        assert_eq!(AutomationActions::parse(Vec::new()).expect_err("none").invalid.code, "too_few");
        let note = |length: usize| AutomationAction::Note(MessageBody::parse("x".repeat(length)).expect("a body"));
        let many = |n: usize, length: usize| AutomationActions::parse((0..n).map(|_| note(length)).collect());
        assert_eq!(many(21, 1).expect_err("many").invalid.code, "too_many");
        assert!(many(20, 1).is_ok());
        assert_eq!(many(10, 8000).expect_err("large").invalid.code, "too_long");
        assert_ne!(notes(1).fingerprint(), notes(2).fingerprint());
    }
}
