use super::{Execution, Reason, RetryResult};
use crate::{
    AutomationAction, AutomationActions, AutomationId, AutomationTrigger, ConversationId, ExecutionId, ExecutionStatus,
    MessageBody, StepStatus, Timestamp,
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
    let over = execution().begun(&notes(3), NOW).after_step(Ok(()), NOW).after_step(Err(Reason::new("a", "b")), NOW);
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

/// Three steps: the first has succeeded, the call of the second is retried.
fn retrying() -> Execution {
    let mut first = execution();
    first.next = Some(automation(2));
    first.begun(&notes(3), NOW).after_step(Ok(()), NOW).after_failed_call(Reason::new("a", "b"), LATER)
}

const LATER: Timestamp = Timestamp::from_millis(NOW.as_millis() + 5000);

#[test]
fn execution_goes_on_while_a_call_is_retried() {
    let retrying = retrying();
    let step = &retrying.steps[1];
    assert_eq!((step.status, step.next_attempt_at), (StepStatus::Retrying, Some(LATER.as_millis())));
    assert_eq!((retrying.next_step(), retrying.successor()), (Some(2), None));
    let waiting = retrying.after_step(Ok(()), NOW);
    assert_eq!((waiting.status, waiting.has_steps_left()), (ExecutionStatus::Running, false));
    assert!(waiting.successor().is_some(), "later automations do not wait for the repeats");
    let again = waiting.after_retry(2, RetryResult::Retry(Reason::new("c", "d"), LATER), NOW).expect("a repeat");
    assert_eq!((again.status, again.successor()), (ExecutionStatus::Running, None), "the next one was started before");
    let over = again.after_retry(2, RetryResult::Delivered, LATER).expect("a repeat");
    assert_eq!((over.status, over.finished_at), (ExecutionStatus::Succeeded, Some(LATER)));
    let step = &over.steps[1];
    assert_eq!((step.status, &step.reason, step.next_attempt_at), (StepStatus::Succeeded, &None, None));
}

#[test]
fn repeat_before_the_last_step_does_not_end_the_execution() {
    let delivered = retrying().after_retry(2, RetryResult::Delivered, NOW).expect("a repeat");
    assert_eq!((delivered.status, delivered.next_step()), (ExecutionStatus::Running, Some(2)));
    let over = delivered.after_step(Ok(()), NOW);
    assert_eq!(over.status, ExecutionStatus::Succeeded);
    assert!(over.successor().is_some(), "it is started once, after the last step");
}

#[test]
fn execution_fails_with_the_last_attempt() {
    let gave_up = |execution: &Execution| {
        execution.after_retry(2, RetryResult::GaveUp(Reason::new("c", "d")), LATER).expect("a repeat")
    };
    let over = gave_up(&retrying().after_step(Ok(()), NOW));
    let reason = over.reason.as_ref().expect("a reason");
    assert_eq!((over.status, reason.message.as_str()), (ExecutionStatus::Failed, "Step 2 failed."));
    // Another step that failed before has ended the execution.
    let failed = retrying().after_step(Err(Reason::new("e", "f")), NOW);
    assert_eq!((failed.status, failed.steps[1].status), (ExecutionStatus::Failed, StepStatus::Retrying));
    let later = gave_up(&failed);
    assert_eq!((later.finished_at, later.steps[1].status), (Some(NOW), StepStatus::Failed));
    // The steps after a call that failed for good are taken.
    let over = gave_up(&retrying()).after_step(Ok(()), NOW);
    assert_eq!(over.status, ExecutionStatus::Failed);
}

#[test]
fn only_a_retried_step_is_repeated() {
    for step in [0, 1, 3, 4, u32::MAX] {
        assert_eq!(retrying().after_retry(step, RetryResult::Delivered, NOW), None, "{step}");
    }
}
