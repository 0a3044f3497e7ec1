//! Runs of automations.
//!
//! A record of a run calls for what comes next where it says that the run stands, and for nothing if somebody has taken
//! it further. What a step writes comes to be in one transaction with how far the run has come, so it is written once,
//! whatever interrupts it. A webhook is told before that is written: it is called at least once, under an id that stays.

mod payload;
mod reference;

use deskless_domain::{
    Attachment, Automation, AutomationAction, AutomationTrigger, Execution, ExecutionStatus, ExternalId, MessageBody,
    MessageDraft, MessageType, Metadata, PersonName, PredefinedMessage, PredefinedMessageId, Reason, Resource, Role,
    Sender, WebhookUrl,
};
use deskless_store::{ExecutionJob, StoreError, Taken, TenantStore};

use crate::webhook::{Call, Webhooks};

/// Takes a run on: up to its end, or to behind its next webhook, which may take seconds. What is written then calls for
/// the rest.
pub(crate) async fn step(job: &ExecutionJob, webhooks: &Webhooks) -> Result<(), StoreError> {
    let (execution, automation) =
        tokio::join!(job.execution(), job.tenant.get_resource::<Automation>(job.automation_id));
    let Some(mut execution) = execution? else { return Ok(()) };
    let run = Run { store: &job.tenant, webhooks };
    let automation = match automation {
        Ok(automation) => automation,
        Err(StoreError::NotFound) => {
            return run.end(&execution, "automation_deleted", "The automation was deleted.").await;
        }
        Err(error) => return Err(error),
    };
    if execution.status == ExecutionStatus::Queued {
        let Taken::Now(begun) = run.begin(&execution, &automation).await? else { return Ok(()) };
        execution = *begun;
    }
    while let Some(at) = execution.next_step() {
        let actions = &automation.fields.actions;
        let unchanged = execution.fingerprint.as_ref() == Some(&actions.fingerprint());
        let Some(action) = actions.as_slice().get(at).filter(|_| unchanged) else {
            return run.end(&execution, "automation_changed", "The automation's actions were changed meanwhile.").await;
        };
        let Taken::Now(next) = run.take(&execution, &automation, action).await? else { return Ok(()) };
        if matches!(action, AutomationAction::CallWebhook(_)) {
            return Ok(());
        }
        execution = *next;
    }
    Ok(())
}

/// What a step needs.
struct Run<'a> {
    store: &'a TenantStore,
    webhooks: &'a Webhooks,
}

impl Run<'_> {
    /// Begins a run, or ends it because it is not to be run any more. One by hand is run over whatever it names.
    async fn begin(&self, execution: &Execution, automation: &Resource<Automation>) -> Result<Taken, StoreError> {
        let now = self.store.clock().now();
        let skip = |code, message: &str| execution.ended(ExecutionStatus::Skipped, Reason::new(code, message), now);
        let conversation = match self.store.get_conversation(execution.conversation_id).await {
            Ok(conversation) => conversation,
            Err(StoreError::NotFound) => {
                let gone = skip("conversation_deleted", "The conversation was deleted.");
                return self.store.note_execution(gone).await;
            }
            Err(error) => return Err(error),
        };
        let automation = &automation.fields;
        let is_manual = execution.trigger == AutomationTrigger::Manual;
        let next = if !is_manual && !automation.enabled {
            skip("automation_disabled", "The automation was disabled.")
        } else if !is_manual && !automation.conditions.matches(&conversation, now) {
            skip("conditions_not_met", "The conversation did not meet the conditions any more.")
        } else {
            execution.begun(&automation.actions, now)
        };
        self.store.note_execution(next).await
    }

    /// Ends a run that cannot go on: it failed, unless it has not begun.
    async fn end(&self, execution: &Execution, code: &str, message: &str) -> Result<(), StoreError> {
        let status = match execution.status {
            ExecutionStatus::Queued => ExecutionStatus::Skipped,
            _ => ExecutionStatus::Failed,
        };
        let ended = execution.ended(status, Reason::new(code, message), self.store.clock().now());
        self.store.note_execution(ended).await.map(drop)
    }

    /// Takes the next step.
    async fn take(
        &self,
        execution: &Execution,
        automation: &Resource<Automation>,
        action: &AutomationAction,
    ) -> Result<Taken, StoreError> {
        match action {
            AutomationAction::Act(action) => match reference::missing(self.store, action).await? {
                Some(reason) => self.note(execution, Err(reason)).await,
                None => self.store.act_in(execution, action).await,
            },
            AutomationAction::Note(body) => {
                self.store.post_in(execution, &draft(automation, MessageType::Note, body.clone())).await
            }
            AutomationAction::Reply(predefined) => match self.reply(execution, *predefined).await? {
                Ok((body, file)) => {
                    let draft = draft(automation, MessageType::Reply, body);
                    let attachments = file.into_iter().collect();
                    self.store.post_in(execution, &MessageDraft { attachments, ..draft }).await
                }
                Err(reason) => self.note(execution, Err(reason)).await,
            },
            AutomationAction::CallWebhook(url) => {
                let outcome = self.call(execution, automation, url).await?;
                self.note(execution, outcome).await
            }
        }
    }

    async fn note(&self, execution: &Execution, outcome: Result<(), Reason>) -> Result<Taken, StoreError> {
        self.store.note_execution(execution.after_step(outcome, self.store.clock().now())).await
    }

    /// What a predefined message says in this conversation, and its file.
    async fn reply(
        &self,
        execution: &Execution,
        predefined: PredefinedMessageId,
    ) -> Result<Result<(MessageBody, Option<Attachment>), Reason>, StoreError> {
        let (message, conversation) = tokio::join!(
            self.store.get_resource::<PredefinedMessage>(predefined),
            self.store.get_conversation(execution.conversation_id)
        );
        let message = match message {
            Ok(message) => message.fields,
            Err(StoreError::NotFound) => {
                return Ok(Err(Reason::new("reference_not_found", "The predefined message was deleted.")));
            }
            Err(error) => return Err(error),
        };
        let conversation = match conversation {
            Ok(conversation) => conversation,
            Err(StoreError::NotFound) => return Ok(Err(gone())),
            Err(error) => return Err(error),
        };
        match self.store.predefined_reply(&message, &conversation).await {
            Ok(reply) => Ok(Ok(reply)),
            Err(StoreError::InvalidField(wrong)) => {
                let message = format!("The predefined message {}.", wrong.invalid.message);
                Ok(Err(Reason::new("invalid_message", message)))
            }
            Err(error) => Err(error),
        }
    }

    async fn call(
        &self,
        execution: &Execution,
        automation: &Resource<Automation>,
        url: &WebhookUrl,
    ) -> Result<Result<(), Reason>, StoreError> {
        // There is one while any action calls a webhook.
        let Some(secret) = &automation.fields.webhook_secret else {
            return Err(StoreError::Internal("an automation has webhooks and no secret for them".to_owned()));
        };
        let step = execution.next_step().unwrap_or_default() + 1;
        let Some(body) = payload::write(self.store, execution, step, automation).await? else { return Ok(Err(gone())) };
        let id = format!("msg_{}_{step}", execution.id);
        let time = self.store.clock().now();
        let outcome = self.webhooks.call(Call { url, secret, id: &id, time, body }).await;
        Ok(outcome.map(drop).map_err(|failure| Reason::new(failure.code(), failure.to_string())))
    }
}

fn gone() -> Reason {
    let gone = deskless_domain::ActionFailure::NotFound;
    Reason::new(gone.as_str(), gone.message())
}

/// A message that an automation writes. Notes have its name; customers see replies, and it may say what is not for them.
fn draft(automation: &Resource<Automation>, kind: MessageType, body: MessageBody) -> MessageDraft {
    let sender = Sender {
        id: ExternalId::parse(automation.id.to_string()).ok(),
        name: (kind == MessageType::Note).then(|| PersonName::parse(automation.fields.name.to_string()).ok()).flatten(),
        email: None,
    };
    MessageDraft {
        role: Role::Assistant,
        kind,
        body,
        sender: Some(sender),
        external_id: None,
        attachments: Vec::new(),
        metadata: Metadata::default(),
    }
}
