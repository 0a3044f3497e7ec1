//! The steps whose webhook call failed and is repeated, while the execution goes on.

use super::{Execution, Reason};
use crate::{StepStatus, Timestamp};

/// The result of a repeated call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryResult {
    /// The receiver has it.
    Delivered,
    /// It failed, and is repeated again.
    Retry(Reason, Timestamp),
    /// It failed for good.
    GaveUp(Reason),
}

impl Execution {
    /// Returns the execution after its next step, a webhook call that failed and is repeated at this time. The execution goes on.
    #[must_use]
    pub fn after_failed_call(&self, reason: Reason, next_attempt: Timestamp) -> Self {
        let Some(at) = self.next_step() else { return self.clone() };
        let mut next = Self { version: self.version + 1, ..self.clone() };
        let step = &mut next.steps[at];
        step.status = StepStatus::Retrying;
        step.reason = Some(reason);
        step.next_attempt_at = Some(next_attempt.as_millis());
        next
    }

    /// Returns the execution after a repeat of the call of step number `step`, from 1. `None` if that step is not retried.
    ///
    /// The last one of its steps ends the execution: it has failed if any step has.
    #[must_use]
    pub fn after_retry(&self, step: u32, result: RetryResult, now: Timestamp) -> Option<Self> {
        let at = usize::try_from(step).ok()?.checked_sub(1)?;
        self.steps.get(at).filter(|step| step.status == StepStatus::Retrying)?;
        let mut after = Self { version: self.version + 1, ..self.clone() };
        if !self.has_steps_left() {
            // It was started when the other steps were over.
            after.next = None;
        }
        let step = &mut after.steps[at];
        (step.next_attempt_at, step.finished_at) = (None, Some(now.as_millis()));
        match result {
            RetryResult::Delivered => (step.status, step.reason) = (StepStatus::Succeeded, None),
            RetryResult::GaveUp(reason) => (step.status, step.reason) = (StepStatus::Failed, Some(reason)),
            RetryResult::Retry(reason, next_attempt) => {
                step.reason = Some(reason);
                (step.next_attempt_at, step.finished_at) = (Some(next_attempt.as_millis()), None);
            }
        }
        after.end_if_complete(now);
        Some(after)
    }
}
