//! Webhook calls: the first attempt, which is made within its step (AP-93), and what all attempts have in common.

use std::time::Duration;

use deskless_domain::{
    ActionFailure, AttemptOutcome, Automation, Conversation, Execution, Message, Order, Reach, Resource, RetryResult,
    RetrySchedule, WebhookHeaders, WebhookSecret, WebhookUrl,
};
use deskless_outbound::{Client, Failure, Request};
use deskless_store::{CallKey, Marked, RetriedCall, StoreError, TenantStore, Thread};

use super::step::{Runner, reason_of};
use crate::{AppError, conversations::ConversationView};

/// The maximum number of messages in a webhook call.
const MAX_MESSAGES: usize = 50;
/// The timeout of a call within a step. Other steps of the conversation wait for it.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What a call of a webhook tells.
#[derive(Debug)]
pub struct WebhookCall<'a> {
    /// The automation.
    pub automation: &'a Resource<Automation>,
    /// The execution.
    pub execution: &'a Execution,
    /// The number of the step, from 1.
    pub step: usize,
    /// The conversation.
    pub conversation: ConversationView,
    /// The newest messages of the conversation, oldest first, at most 50.
    pub messages: Vec<Message>,
}

/// What the steps need to call webhooks.
#[derive(Debug, Clone, Copy)]
pub struct Webhooks<'a> {
    /// The client.
    pub client: &'a Client,
    /// Writes the body of a call: at most 64 KiB of JSON.
    pub body: fn(&WebhookCall<'_>) -> Result<Vec<u8>, AppError>,
}

impl Runner<'_> {
    /// AP-93: Calls a webhook. If a repeat can succeed, keeps the call for it. Returns the execution after the step, or `None` when
    /// another worker has taken the step.
    pub(super) async fn call(
        &self,
        execution: &Execution,
        url: &WebhookUrl,
        webhooks: Webhooks<'_>,
    ) -> Result<Option<Execution>, AppError> {
        let Some(secret) = secret_of(self.store, self.automation).await? else {
            // An automation has a secret as long as an action calls a webhook.
            return Err(AppError::Internal("an automation with a webhook has no webhook secret".to_owned()));
        };
        let Some((conversation, messages)) = self.conversation(execution).await? else {
            return self.record(execution, Err(reason_of(ActionFailure::NotFound))).await;
        };
        let step = execution.next_step().unwrap_or_default() + 1;
        let call = WebhookCall { automation: self.automation, execution, step, conversation, messages };
        let call = RetriedCall {
            key: CallKey {
                automation: self.automation.id,
                execution: execution.id,
                step: u32::try_from(step).unwrap_or(u32::MAX),
            },
            conversation: execution.conversation_id,
            url: url.clone(),
            body: (webhooks.body)(&call)?,
            attempts: 1,
        };
        match attempt(self.store, webhooks.client, &call, &secret, TIMEOUT).await {
            RetryResult::Delivered => self.record(execution, Ok(())).await,
            RetryResult::GaveUp(reason) => self.record(execution, Err(reason)).await,
            RetryResult::Retry(reason, at) => {
                let next = execution.after_failed_call(reason, at);
                match self.store.freeze_call(&next, &call, at).await? {
                    Marked::Written => Ok(Some(next)),
                    Marked::AlreadyWritten => Ok(None),
                    // It was deleted after it was read.
                    Marked::Changed => self.record(execution, Err(reason_of(ActionFailure::NotFound))).await,
                }
            }
        }
    }

    /// Reads the conversation and its newest messages. Returns `None` for a deleted conversation.
    async fn conversation(&self, execution: &Execution) -> Result<Option<(ConversationView, Vec<Message>)>, AppError> {
        let conversation = execution.conversation_id;
        let newest = Thread { conversation, order: Order::Desc, after: None, limit: MAX_MESSAGES };
        let (conversation, page): (Conversation, _) = match self.store.get_conversation_with_messages(newest).await {
            Ok(found) => found,
            Err(StoreError::NotFound) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let view = ConversationView::of(self.store, conversation).await?;
        Ok(Some((view, page.messages.into_iter().rev().collect())))
    }
}

/// Reveals the secret that signs an automation's calls. `None` if the automation calls no webhook.
pub(super) async fn secret_of(
    store: &TenantStore,
    automation: &Resource<Automation>,
) -> Result<Option<WebhookSecret>, AppError> {
    let Some(secret) = &automation.fields.webhook_secret else { return Ok(None) };
    let secret = store.reveal::<Automation>(automation.id, Automation::WEBHOOK_SECRET, secret).await?;
    Ok(Some(WebhookSecret::stored(secret)))
}

/// Makes one attempt of a call, and decides what follows from it.
pub(super) async fn attempt(
    store: &TenantStore,
    client: &Client,
    call: &RetriedCall,
    secret: &WebhookSecret,
    timeout: Duration,
) -> RetryResult {
    let CallKey { execution, step, .. } = call.key;
    let request = Request {
        url: &call.url,
        reach: Reach::Public,
        headers: &WebhookHeaders::default(),
        secrets: &[secret],
        id: &format!("msg_{execution}_{step}"),
        body: call.body.clone().into(),
        timeout,
    };
    let (reason, after) = match client.post(request, store.clock()).await {
        Ok(answer) => match (answer.outcome(), answer.check()) {
            (AttemptOutcome::Delivered, _) | (_, Ok(())) => return RetryResult::Delivered,
            (AttemptOutcome::Gone, Err(reason)) => return RetryResult::GaveUp(reason),
            (AttemptOutcome::Retry { after }, Err(reason)) => (reason, after),
        },
        Err(failure @ Failure::Internal) => return RetryResult::GaveUp(failure.into()),
        Err(failure) => (failure.into(), None),
    };
    match RetrySchedule::next_attempt(call.attempts, after, store.clock()) {
        Some(at) => RetryResult::Retry(reason, at),
        None => RetryResult::GaveUp(reason),
    }
}
