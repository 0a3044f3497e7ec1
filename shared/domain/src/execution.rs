//! Runs of an automation: what was done, and what became of it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    AutomationActions, AutomationId, AutomationTrigger, ConversationId, ExecutionId, ExecutionStatus, Metadata,
    StepStatus, Timestamp,
};

/// One run of an automation over one conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Its id; it holds the time of what set it off.
    pub id: ExecutionId,
    /// Of which automation.
    pub automation_id: AutomationId,
    /// Over which conversation.
    pub conversation_id: ConversationId,
    /// What set it off.
    pub trigger: AutomationTrigger,
    /// What whoever ran it by hand passed on to webhooks.
    pub context: Metadata,
    /// What all of it goes back to: a change that nobody but a person made, or a run by hand.
    pub origin: ExecutionId,
    /// The automations whose changes led to this run, the first one first, without its own.
    pub chain: Vec<AutomationId>,
    /// How far it has come.
    pub status: ExecutionStatus,
    /// Why it was not run, or not to its end.
    pub reason: Option<Reason>,
    /// Its steps, once it has begun.
    pub steps: Vec<Step>,
    /// Which actions the steps are.
    pub fingerprint: Option<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
    /// Rises by one with each step.
    pub version: u64,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What the action is called.
    pub action: String,
    /// What became of it.
    pub status: StepStatus,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When it was over, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<i64>,
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A stable word.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

impl Reason {
    /// Makes one of its word and its sentence.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

impl Execution {
    /// The longest chain of automations that set each other off.
    pub const MAX_CHAIN: usize = 5;

    /// One that waits for its turn.
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
            origin: id,
            chain: Vec::new(),
            status: ExecutionStatus::Queued,
            reason: None,
            steps: Vec::new(),
            fingerprint: None,
            started_at: None,
            finished_at: None,
            version: 1,
        }
    }

    /// When what set it off happened.
    #[must_use]
    pub fn created_at(&self) -> Timestamp {
        self.id.time()
    }

    /// Whether nothing is left to do.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !matches!(self.status, ExecutionStatus::Queued | ExecutionStatus::Running)
    }

    /// Which step comes next; `None` when it has not begun or is over.
    #[must_use]
    pub fn next_step(&self) -> Option<usize> {
        let is_running = self.status == ExecutionStatus::Running;
        is_running.then(|| self.steps.iter().position(|step| step.status == StepStatus::Pending)).flatten()
    }

    /// The same, begun with these actions.
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
            version: self.version + 1,
            ..self.clone()
        }
    }

    /// The same, once its next step is over. One that failed ends the run: the steps behind it are left out.
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
            let reason =
                Reason::new("step_failed", format!("Step {number} failed; the steps behind it were left out."));
            next.leave_out();
            next.end(ExecutionStatus::Failed, Some(reason), now);
        } else if at + 1 == next.steps.len() {
            next.end(ExecutionStatus::Succeeded, None, now);
        }
        next
    }

    /// The same, over before its end, or before it began.
    #[must_use]
    pub fn ended(&self, status: ExecutionStatus, reason: Reason, now: Timestamp) -> Self {
        let mut next = Self { version: self.version + 1, ..self.clone() };
        next.leave_out();
        next.end(status, Some(reason), now);
        next
    }

    fn leave_out(&mut self) {
        for step in self.steps.iter_mut().filter(|step| step.status == StepStatus::Pending) {
            step.status = StepStatus::Skipped;
        }
    }

    fn end(&mut self, status: ExecutionStatus, reason: Option<Reason>, now: Timestamp) {
        (self.status, self.reason, self.finished_at) = (status, reason, Some(now));
    }

    /// What its next step leaves on a conversation that it changes.
    #[must_use]
    pub fn cause(&self) -> Cause {
        let mut chain = self.chain.clone();
        chain.push(self.automation_id);
        Cause { execution: self.id, step: self.next_step().unwrap_or_default(), origin: self.origin, chain }
    }
}

/// What changed a conversation: a step of a run, and the automations that led to it. It is another one for each change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The run.
    pub execution: ExecutionId,
    /// Which of its steps.
    pub step: usize,
    /// What it goes back to.
    pub origin: ExecutionId,
    /// The automations, the first one first; the run's own is the last.
    pub chain: Vec<AutomationId>,
}

impl Cause {
    /// Reads what [`Cause`] was written as. Other things cause changes too: `None` for those.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("automation ")?.split(' ');
        let (run, origin, chain) = (parts.next()?, parts.next()?, parts.next()?);
        let (execution, step) = run.split_once('/')?;
        Some(Self {
            execution: ExecutionId::parse(execution)?,
            step: step.parse().ok()?,
            origin: ExecutionId::parse(origin)?,
            chain: chain.split(',').map(AutomationId::parse).collect::<Option<_>>()?,
        })
    }

    /// Whether a change that this led to may set off an automation: none that is in the chain already, and none when the
    /// chain is as long as it may be.
    #[must_use]
    pub fn may_set_off(&self, automation: AutomationId) -> bool {
        self.chain.len() < Execution::MAX_CHAIN && !self.chain.contains(&automation)
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "automation {}/{} {} ", self.execution, self.step, self.origin)?;
        for (i, automation) in self.chain.iter().enumerate() {
            write!(f, "{}{automation}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl ExecutionId {
    /// What one change of a conversation is as an origin: the same each time that the change is told of.
    #[must_use]
    pub fn of_change(conversation: ConversationId, version: u64, time: Timestamp) -> Self {
        Self::hashed(time, &[&conversation.as_bytes()[..], &version.to_be_bytes()])
    }

    /// The id of the run to which an origin leads: an automation has one for each, by however many ways it is led there.
    /// Without this, those that set each other off would be run once for each order in which they can.
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

/// The first half of a SHA-256, in hexadecimal digits.
pub(crate) fn fingerprint(bytes: &[u8]) -> String {
    let mut half = [0; 16];
    half.copy_from_slice(&Sha256::digest(bytes)[..16]);
    format!("{:032x}", u128::from_be_bytes(half))
}

#[cfg(test)]
mod tests {
    use super::{Cause, Execution, Reason};
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
    fn a_run_ends_behind_its_last_step() {
        let first = execution().begun(&notes(2), NOW);
        assert_eq!(first.next_step(), Some(0));
        let second = first.after_step(Ok(()), NOW);
        assert_eq!((second.next_step(), second.is_over()), (Some(1), false));
        let over = second.after_step(Ok(()), NOW);
        assert_eq!((over.status, over.next_step(), over.version), (ExecutionStatus::Succeeded, None, 4));
    }

    #[test]
    fn a_step_that_fails_leaves_out_those_behind_it() {
        let over =
            execution().begun(&notes(3), NOW).after_step(Ok(()), NOW).after_step(Err(Reason::new("a", "b")), NOW);
        let statuses: Vec<_> = over.steps.iter().map(|step| step.status).collect();
        assert_eq!(statuses, [StepStatus::Succeeded, StepStatus::Failed, StepStatus::Skipped]);
        assert_eq!((over.status, over.finished_at), (ExecutionStatus::Failed, Some(NOW)));
        assert_eq!(over.after_step(Ok(()), NOW), over, "what is over stays as it is");
    }

    #[test]
    fn a_cause_is_read_as_it_was_written_and_is_another_one_for_each_step() {
        let run = Execution { chain: vec![automation(8), automation(9)], ..execution() }.begun(&notes(2), NOW);
        let cause = run.cause();
        assert_eq!(Cause::parse(&cause.to_string()), Some(cause.clone()));
        assert_ne!(run.after_step(Ok(()), NOW).cause(), cause);
        assert_eq!(Cause::parse("bulk 019f0f63-6500-7232-afd6-000000000001"), None);
        assert_eq!(Cause::parse(""), None);
    }

    #[test]
    fn no_automation_of_a_chain_is_set_off_again_and_a_chain_ends_at_five() {
        let chain = |n: u8| Cause {
            execution: execution().id,
            step: 0,
            origin: execution().origin,
            chain: (1..=n).map(automation).collect(),
        };
        assert!(!chain(2).may_set_off(automation(1)));
        assert!(!chain(2).may_set_off(automation(2)));
        assert!(chain(4).may_set_off(automation(9)));
        assert!(!chain(5).may_set_off(automation(9)));
    }

    #[test]
    fn the_id_of_a_changes_run_is_the_same_each_time_and_has_its_time() {
        assert_eq!(execution().id, execution().id);
        assert_eq!(execution().created_at(), NOW);
        let conversation = ConversationId::from_bytes([1; 16]);
        let (this, next) = (ExecutionId::of_change(conversation, 7, NOW), ExecutionId::of_change(conversation, 8, NOW));
        assert_eq!(ExecutionId::of_origin(automation(1), this), execution().id);
        assert_ne!(ExecutionId::of_origin(automation(1), next), execution().id);
        assert_ne!(ExecutionId::of_origin(automation(2), this), execution().id);
    }

    #[test]
    fn actions_are_counted_and_weighed() {
        assert_eq!(AutomationActions::parse(Vec::new()).expect_err("none").invalid.code, "too_few");
        let note = |length: usize| AutomationAction::Note(MessageBody::parse("x".repeat(length)).expect("a body"));
        let many = |n: usize, length: usize| AutomationActions::parse((0..n).map(|_| note(length)).collect());
        assert_eq!(many(21, 1).expect_err("many").invalid.code, "too_many");
        assert!(many(20, 1).is_ok());
        assert_eq!(many(10, 8000).expect_err("large").invalid.code, "too_long");
        assert_ne!(notes(1).fingerprint(), notes(2).fingerprint());
    }
}
