//! The body of a webhook call.

use deskless_api::wire::{ConversationCustomerObject, ConversationObject, MessageObject};
use deskless_app::{AppError, automations::WebhookCall};
use deskless_domain::{AutomationTrigger, Metadata};
use serde::Serialize;

/// The maximum size of a request body, in bytes.
pub(crate) const MAX_BODY: usize = 64 * 1024;

#[derive(Serialize)]
struct Payload<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    /// The time of the event that triggered the automation.
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    automation: AutomationName<'a>,
    execution: ExecutionStep,
    trigger: AutomationTrigger,
    context: &'a Metadata,
    conversation: &'a ConversationObject,
    customer: &'a ConversationCustomerObject,
    /// The messages, oldest first.
    messages: &'a [MessageObject],
    /// The number of the newest 50 messages that are left out to fit the size limit.
    messages_left_out: usize,
}

#[derive(Serialize)]
struct AutomationName<'a> {
    id: String,
    name: &'a str,
}

#[derive(Serialize)]
struct ExecutionStep {
    id: String,
    /// The number of the step, from 1.
    step: usize,
}

/// Serializes the body of a call to at most 64 KiB. If it is larger, leaves out the oldest messages.
pub(crate) fn write(call: &WebhookCall<'_>) -> Result<Vec<u8>, AppError> {
    let conversation = ConversationObject::new(&call.conversation.conversation, &call.conversation.names);
    let messages: Vec<_> = call.messages.iter().map(MessageObject::from).collect();
    let failed = |e: serde_json::Error| AppError::Internal(format!("a webhook body cannot be serialized: {e}"));
    let body = |left_out: usize| {
        serde_json::to_vec(&Payload {
            kind: "automation.webhook",
            timestamp: call.execution.created_at().to_string(),
            data: Data {
                automation: AutomationName {
                    id: call.automation.id.to_string(),
                    name: call.automation.fields.name.as_str(),
                },
                execution: ExecutionStep { id: call.execution.id.to_string(), step: call.step },
                trigger: call.execution.trigger,
                context: &call.execution.context,
                conversation: &conversation,
                customer: conversation.customer(),
                messages: &messages[left_out..],
                messages_left_out: left_out,
            },
        })
        .map_err(failed)
    };
    let mut left_out = 0;
    let mut bytes = body(left_out)?;
    while let excess @ 1.. = bytes.len().saturating_sub(MAX_BODY)
        && left_out < messages.len()
    {
        let mut freed = 0;
        while freed < excess && left_out < messages.len() {
            freed += serde_json::to_vec(&messages[left_out]).map_err(failed)?.len();
            left_out += 1;
        }
        bytes = body(left_out)?;
    }
    Ok(bytes)
}
