//! The first attempt of a webhook call, which is made within its step (AP-93).

use std::time::Duration;

use deskless_domain::{
    ActionFailure, Automation, Conversation, Execution, Message, Order, Reach, Reason, Resource, WebhookHeaders,
    WebhookSecret, WebhookUrl,
};
use deskless_outbound::{Client, Request};
use deskless_store::{StoreError, Thread};

use super::step::{Runner, StepResult, reason_of};
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
    /// AP-93: Calls a webhook.
    pub(super) async fn call(
        &self,
        execution: &Execution,
        url: &WebhookUrl,
        webhooks: Webhooks<'_>,
    ) -> Result<StepResult, AppError> {
        // An automation has a secret as long as an action calls a webhook.
        let Automation { webhook_secret: Some(secret), .. } = &self.automation.fields else {
            return Err(AppError::Internal("an automation with a webhook has no webhook secret".to_owned()));
        };
        let secret = self.store.reveal::<Automation>(self.automation.id, Automation::WEBHOOK_SECRET, secret).await?;
        let Some((conversation, messages)) = self.conversation(execution).await? else {
            return Ok(Err(reason_of(ActionFailure::NotFound)));
        };
        let step = execution.next_step().unwrap_or_default() + 1;
        let call = WebhookCall { automation: self.automation, execution, step, conversation, messages };
        let request = Request {
            url,
            reach: Reach::Public,
            headers: &WebhookHeaders::default(),
            secrets: &[&WebhookSecret::stored(secret)],
            id: &format!("msg_{}_{step}", execution.id),
            body: (webhooks.body)(&call)?.into(),
            timeout: TIMEOUT,
        };
        let answer = webhooks.client.post(request, self.store.clock()).await;
        Ok(answer.map_err(Reason::from).and_then(|answer| answer.check()))
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
