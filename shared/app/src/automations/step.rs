//! The steps of executions (AP-91 to AP-93).
//!
//! An event has the version of an execution and triggers its next step. An event with an old version has no effect. A step is one
//! transaction of its write and the execution's progress, so it takes effect once even if it is interrupted: an action is AP-70
//! with the progress (AP-91), a message is AP-12 with the progress (AP-92). A webhook is called before its step is recorded
//! (AP-93), so it is called at least once, each time with the same id. It gets the conversation and its newest 50 messages, which
//! are read at the same time. If the call fails, it is kept for a repeat (AP-200), and the execution goes on. Each further step costs
//! what it writes.

use deskless_domain::{
    Action, ActionFailure, AuditActor, Automation, AutomationAction, AutomationId, Decision, Execution, ExecutionId,
    ExecutionStatus, ExternalId, MessageBody, MessageDraft, MessageType, Metadata, PersonName, PredefinedMessage,
    PredefinedMessageId, Reason, Resource, Role, Sender, Timestamp,
    authorization::{Denial, may_automate},
};
use deskless_store::{Marked, Marker, StoreError, TenantStore};

use super::Webhooks;
use crate::{AppError, bulk::check_action, predefined_messages};

/// Takes the steps of an execution that are due at the version of an event: to the end, or up to and including the next webhook,
/// which can take seconds. The record of that write triggers the rest. The write that ends the execution releases the one that has
/// waited for it, whose own record triggers its steps: the records of one execution are handled one after another, so no step is
/// taken while another worker takes it.
///
/// A step that fails for good is tried once more. Then the execution ends, so that it does not hold those that wait for it, and the
/// error is returned.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond; any other error of the step for which the execution was ended.
pub async fn run_step(
    store: &TenantStore,
    automation: AutomationId,
    id: ExecutionId,
    version: u64,
    webhooks: Webhooks<'_>,
) -> Result<(), AppError> {
    let due = (automation, id, version);
    let is_final = |result: &Result<(), AppError>| !matches!(result, Ok(()) | Err(AppError::Unavailable(_)));
    let mut result = take_steps(store, due, webhooks).await;
    if is_final(&result) {
        result = take_steps(store, due, webhooks).await;
    }
    if is_final(&result)
        && let Some(execution) = due_execution(store, due).await?
    {
        let reason =
            Reason::new("internal_error", "An internal error stopped the execution. It was reported to the operator.");
        record_progress(store, execution.cut_short(reason, store.clock().now())).await?;
    }
    result
}

/// An execution and its version in an event.
type Due = (AutomationId, ExecutionId, u64);

/// Reads the execution of an event. Returns `None` if the event's steps were taken before.
async fn due_execution(store: &TenantStore, (automation, id, version): Due) -> Result<Option<Execution>, AppError> {
    let is_due = |execution: &Execution| execution.version == version && !execution.is_over() && !execution.waits;
    Ok(store.find_execution(automation, id).await?.filter(is_due))
}

/// Takes the steps of an execution that are due.
async fn take_steps(store: &TenantStore, due: Due, webhooks: Webhooks<'_>) -> Result<(), AppError> {
    let (execution, automation) = tokio::join!(due_execution(store, due), store.get_resource::<Automation>(due.0));
    let Some(execution) = execution? else { return Ok(()) };
    let automation = match automation {
        Ok(automation) => automation,
        Err(StoreError::NotFound) => {
            let reason = Reason::new("automation_deleted", "The automation was deleted.");
            record_progress(store, execution.cut_short(reason, store.clock().now())).await?;
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let key = execution.api_key.or(automation.fields.api_key);
    let store = &store.acting_as(AuditActor::Automation { id: automation.id, key });
    Runner { store, automation: &automation }.run(execution, webhooks).await
}

/// The context of an execution's steps.
pub(super) struct Runner<'a> {
    pub(super) store: &'a TenantStore,
    pub(super) automation: &'a Resource<Automation>,
}

/// The result of a step: the reason if it failed.
type StepResult = Result<(), Reason>;

impl Runner<'_> {
    /// Takes steps until the execution has finished, a webhook was called, or another worker is ahead.
    async fn run(&self, mut execution: Execution, webhooks: Webhooks<'_>) -> Result<(), AppError> {
        if self.end_if_denied(&execution).await? {
            return Ok(());
        }
        if execution.status == ExecutionStatus::Queued {
            let Some(started) = self.start(&execution).await? else { return Ok(()) };
            execution = started;
        }
        while let Some(at) = execution.next_step() {
            let actions = &self.automation.fields.actions;
            let is_unchanged = execution.fingerprint.as_ref() == Some(&actions.fingerprint());
            let Some(action) = actions.as_slice().get(at).filter(|_| is_unchanged) else {
                let reason =
                    Reason::new("automation_changed", "The automation's actions were updated during the execution.");
                record_progress(self.store, execution.cut_short(reason, self.now())).await?;
                return Ok(());
            };
            if self.end_if_denied(&execution).await? {
                return Ok(());
            }
            let Some(next) = self.step(&execution, action, webhooks).await? else { return Ok(()) };
            if matches!(action, AutomationAction::CallWebhook(_)) {
                return Ok(());
            }
            execution = next;
        }
        Ok(())
    }

    /// Ends the execution if its API key may no longer do what the actions do. Returns whether it has ended.
    async fn end_if_denied(&self, execution: &Execution) -> Result<bool, AppError> {
        let Some(denial) = denial_of(self.store, self.automation, execution).await? else { return Ok(false) };
        record_progress(self.store, execution.cut_short(Reason::from(denial), self.now())).await?;
        Ok(true)
    }

    /// Starts the execution, or skips it because it no longer applies. Returns `None` when another worker did.
    async fn start(&self, execution: &Execution) -> Result<Option<Execution>, AppError> {
        let conversation = match self.store.get_conversation(execution.conversation_id).await {
            Ok(conversation) => Some(conversation),
            Err(StoreError::NotFound) => None,
            Err(error) => return Err(error.into()),
        };
        let next = execution.begin_on(&self.automation.fields, conversation.as_ref(), self.now());
        record_progress(self.store, next).await
    }

    /// Takes the next step. Returns the execution after it, or `None` when another worker has taken the step.
    async fn step(
        &self,
        execution: &Execution,
        action: &AutomationAction,
        webhooks: Webhooks<'_>,
    ) -> Result<Option<Execution>, AppError> {
        match action {
            AutomationAction::Act(action) => self.act(execution, action).await,
            AutomationAction::Note(body) => self.post(execution, self.draft(MessageType::Note, body.clone())).await,
            AutomationAction::Reply(predefined) => match self.reply(execution, *predefined).await? {
                Ok(draft) => self.post(execution, draft).await,
                Err(reason) => self.record(execution, Err(reason)).await,
            },
            AutomationAction::CallWebhook(url) => self.call(execution, url, webhooks).await,
        }
    }

    /// AP-91: Applies an action to the conversation, in one transaction with the progress.
    async fn act(&self, execution: &Execution, action: &Action) -> Result<Option<Execution>, AppError> {
        match check_action(self.store, action).await {
            Ok(()) => {}
            // The resource was archived or deleted since the automation was saved.
            Err(AppError::Invalid(_)) => {
                let what = match action {
                    Action::Assign(_) => "member",
                    Action::AssignAssistant(_) => "assistant",
                    _ => "stage",
                };
                let message = format!("The {what} that the action refers to was archived or deleted.");
                return self.record(execution, Err(Reason::new("reference_not_found", message))).await;
            }
            Err(error) => return Err(error),
        }
        let cause = execution.cause();
        let mut backoff = self.store.backoff();
        let store = &self.store.within(&backoff);
        loop {
            let found = store.find_conversations(&[execution.conversation_id]).await?;
            let conversation = found.get(&execution.conversation_id);
            let effect = match action.decide(conversation, &[], self.now()) {
                Decision::Apply(effect) => effect,
                Decision::Fail(failure) => return self.record(execution, Err(reason_of(failure))).await,
                Decision::Skip => return self.record(execution, Err(reason_of(ActionFailure::NotFound))).await,
            };
            let Some(conversation) = conversation else { continue };
            let next = execution.after_step(Ok(()), self.now());
            let marker = Marker::Execution(Box::new(next.clone()));
            let state = match store.apply_effect(conversation, &effect, Some(&cause), &marker).await {
                Err(StoreError::SessionKeyExists(_)) => {
                    return self.record(execution, Err(reason_of(ActionFailure::SessionKeyExists))).await;
                }
                state => state?,
            };
            match state {
                Marked::Written => return Ok(Some(next)),
                Marked::AlreadyWritten => return Ok(None),
                Marked::Changed => backoff.pause("the conversation keeps changing").await?,
            }
        }
    }

    /// AP-92: Adds a message to the conversation, in one transaction with the progress.
    async fn post(&self, execution: &Execution, draft: MessageDraft) -> Result<Option<Execution>, AppError> {
        let next = execution.after_step(Ok(()), self.now());
        let marker = Marker::Execution(Box::new(next.clone()));
        let (conversation, cause) = (execution.conversation_id, execution.cause());
        match self.store.create_marked_message(conversation, &draft, &cause, &marker).await {
            Ok(Marked::Written) => Ok(Some(next)),
            Ok(Marked::AlreadyWritten | Marked::Changed) => Ok(None),
            Err(StoreError::NotFound) => self.record(execution, Err(reason_of(ActionFailure::NotFound))).await,
            Err(error) => Err(error.into()),
        }
    }

    /// Renders a predefined message for the conversation.
    async fn reply(
        &self,
        execution: &Execution,
        predefined: PredefinedMessageId,
    ) -> Result<Result<MessageDraft, Reason>, AppError> {
        let (message, conversation) = tokio::join!(
            self.store.get_resource::<PredefinedMessage>(predefined),
            self.store.get_conversation(execution.conversation_id)
        );
        let message = match message {
            Ok(message) => message.fields,
            Err(StoreError::NotFound) => {
                return Ok(Err(Reason::new("reference_not_found", "The predefined message was deleted.")));
            }
            Err(error) => return Err(error.into()),
        };
        let conversation = match conversation {
            Ok(conversation) => conversation,
            Err(StoreError::NotFound) => return Ok(Err(reason_of(ActionFailure::NotFound))),
            Err(error) => return Err(error.into()),
        };
        match predefined_messages::reply(self.store, &message, &conversation).await {
            Ok((body, file)) => {
                let attachments = file.into_iter().collect();
                Ok(Ok(MessageDraft { attachments, ..self.draft(MessageType::Reply, body) }))
            }
            Err(AppError::Invalid(fields)) => {
                let problems: Vec<_> = fields.iter().map(|field| field.invalid.message.as_str()).collect();
                let message = format!("The predefined message {}.", problems.join("; "));
                Ok(Err(Reason::new("invalid_message", message)))
            }
            Err(error) => Err(error),
        }
    }

    /// AP-90: Records the result of a step that has no other write.
    pub(super) async fn record(
        &self,
        execution: &Execution,
        result: StepResult,
    ) -> Result<Option<Execution>, AppError> {
        record_progress(self.store, execution.after_step(result, self.now())).await
    }

    /// Returns a message from the automation. Notes have its name. Replies do not, because customers see them.
    fn draft(&self, kind: MessageType, body: MessageBody) -> MessageDraft {
        let name = PersonName::parse(self.automation.fields.name.to_string()).ok();
        let sender = Sender {
            id: ExternalId::parse(self.automation.id.to_string()).ok(),
            name: name.filter(|_| kind == MessageType::Note),
            email: None,
        };
        MessageDraft {
            role: Role::Assistant,
            kind,
            body: Some(body),
            content: None,
            sender: Some(sender),
            external_id: None,
            attachments: Vec::new(),
            metadata: Metadata::default(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.store.clock().now()
    }
}

/// AP-101: Returns why the API key of an execution may no longer do what the automation's actions do.
pub(super) async fn denial_of(
    store: &TenantStore,
    automation: &Resource<Automation>,
    execution: &Execution,
) -> Result<Option<Denial>, AppError> {
    let fields = &automation.fields;
    let Some(key) = execution.api_key.or(fields.api_key) else { return Ok(None) };
    Ok(match store.cached_key(key).await? {
        Some(key) => may_automate(&key, &fields.actions, store.clock().now()).err(),
        None => Some(Denial::Revoked),
    })
}

/// AP-90: Records the progress of an execution where nothing else is written with it: the start, the result of a webhook, a failed
/// step. The execution is written as a whole over the previous version, so two workers cannot take the same step. Returns `None`
/// when the step was already recorded, by another worker or by an earlier attempt whose response was lost.
async fn record_progress(store: &TenantStore, next: Execution) -> Result<Option<Execution>, AppError> {
    let marked = store.mark(&Marker::Execution(Box::new(next.clone()))).await?;
    Ok(matches!(marked, Marked::Written).then_some(next))
}

pub(super) fn reason_of(failure: ActionFailure) -> Reason {
    Reason::new(failure.as_str(), failure.message())
}
