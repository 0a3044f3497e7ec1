//! What a webhook is told.

use deskless_api::{
    references,
    wire::{ConversationCustomerObject, ConversationObject, MessageObject},
};
use deskless_domain::{Automation, AutomationTrigger, Execution, Metadata, Order, Resource};
use deskless_store::{StoreError, TenantStore, Thread};
use serde::Serialize;

use crate::webhook::MAX_BODY;

/// The most messages that are told.
const MESSAGES: usize = 50;

#[derive(Serialize)]
struct Payload<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    /// When what set it off happened.
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'a> {
    automation: AutomationName<'a>,
    execution: ExecutionPlace,
    trigger: AutomationTrigger,
    context: &'a Metadata,
    conversation: &'a ConversationObject,
    customer: &'a ConversationCustomerObject,
    /// Oldest first.
    messages: &'a [MessageObject],
    /// How many of the newest 50 are not among them because the body would be too large.
    messages_left_out: usize,
}

#[derive(Serialize)]
struct AutomationName<'a> {
    id: String,
    name: &'a str,
}

#[derive(Serialize)]
struct ExecutionPlace {
    id: String,
    /// Counted from 1.
    step: usize,
}

/// Writes what the step's webhook is told, in at most 64 KiB: the oldest messages are left out where that is too little.
/// `None`: the conversation is gone.
pub(super) async fn write(
    store: &TenantStore,
    execution: &Execution,
    step: usize,
    automation: &Resource<Automation>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let conversation = execution.conversation_id;
    let newest = Thread { conversation, order: Order::Desc, after: None, limit: MESSAGES };
    let (conversation, page) = match store.get_conversation_with_messages(newest).await {
        Err(StoreError::NotFound) => return Ok(None),
        found => found?,
    };
    let names = references::names(store, [&conversation.placement]).await?;
    let conversation = ConversationObject::new(&conversation, &names);
    let unwritten = |e: serde_json::Error| StoreError::Internal(format!("a webhook's body cannot be written: {e}"));
    let messages: Vec<_> = page.messages.iter().rev().map(MessageObject::from).collect();
    let body = |left_out: usize| {
        serde_json::to_vec(&Payload {
            kind: "automation.webhook",
            timestamp: execution.created_at().to_string(),
            data: Data {
                automation: AutomationName { id: automation.id.to_string(), name: automation.fields.name.as_str() },
                execution: ExecutionPlace { id: execution.id.to_string(), step },
                trigger: execution.trigger,
                context: &execution.context,
                conversation: &conversation,
                customer: conversation.customer(),
                messages: &messages[left_out..],
                messages_left_out: left_out,
            },
        })
        .map_err(unwritten)
    };
    let mut left_out = 0;
    let mut written = body(left_out)?;
    while let excess @ 1.. = written.len().saturating_sub(MAX_BODY)
        && left_out < messages.len()
    {
        let mut freed = 0;
        while freed < excess && left_out < messages.len() {
            freed += serde_json::to_vec(&messages[left_out]).map_err(unwritten)?.len();
            left_out += 1;
        }
        written = body(left_out)?;
    }
    Ok(Some(written))
}
