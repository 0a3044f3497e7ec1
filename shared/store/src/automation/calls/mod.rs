//! Webhook calls that failed and are retried: AP-200 to AP-204.
//!
//! A call has three items: its state, which is due at the time of the next attempt; its body, which is written once; and an item
//! under its conversation, by which the removal of the conversation finds the body. All of them are written and removed in one
//! transaction with the progress of the execution. The secret is not copied: each attempt reads that of the automation.

mod body;
mod claim;
mod freeze;
mod record;

use deskless_domain::{AutomationId, ConversationId, ExecutionId, WebhookUrl};

/// The names of the attributes of a call's state.
mod attributes {
    pub(super) const ATTEMPTS: &str = "n";
    pub(super) const CONVERSATION: &str = "c";
    pub(super) const URL: &str = "u";
}

/// The attribute of the item with the body.
const BODY: &str = "b";

/// How long the items are kept at most: 30 days.
const TTL_SECONDS: i64 = 30 * 24 * 60 * 60;

/// Which call: the one of a step of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallKey {
    /// The automation.
    pub automation: AutomationId,
    /// The execution.
    pub execution: ExecutionId,
    /// The number of the step, from 1.
    pub step: u32,
}

/// A webhook call that is retried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetriedCall {
    /// Which call.
    pub key: CallKey,
    /// The conversation that it is about.
    pub conversation: ConversationId,
    /// The URL at the time of the first attempt.
    pub url: WebhookUrl,
    /// The body at the time of the first attempt.
    pub body: Vec<u8>,
    /// The number of attempts that were begun.
    pub attempts: u32,
}
