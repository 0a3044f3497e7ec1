use deskless_app::conversations::ConversationView;
use deskless_domain::{Conversation, Status, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::{ContactObject, LastMessage, inbox::channel_type};
use crate::chatwoot::{
    attributes::{Attributes, Split},
    id,
    path::AccountId,
    status::end_of_snooze,
};

/// A conversation.
#[derive(Debug, Serialize)]
pub struct ConversationObject {
    meta: ConversationMeta,
    id: u64,
    messages: Vec<LastMessage>,
    account_id: AccountId,
    uuid: String,
    additional_attributes: Attributes,
    agent_last_seen_at: i64,
    assignee_last_seen_at: i64,
    can_reply: bool,
    contact_last_seen_at: i64,
    custom_attributes: Attributes,
    inbox_id: Option<u64>,
    labels: Vec<String>,
    muted: bool,
    snoozed_until: Option<String>,
    status: &'static str,
    created_at: i64,
    updated_at: f64,
    timestamp: i64,
    first_reply_created_at: i64,
    unread_count: u64,
    last_non_activity_message: Option<LastMessage>,
    last_activity_at: i64,
    priority: Option<String>,
    waiting_since: i64,
    display_id: u64,
}

/// Who takes part in a conversation.
#[derive(Debug, Serialize)]
pub struct ConversationMeta {
    sender: ContactObject,
    channel: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<Value>,
    hmac_verified: bool,
}

impl ConversationObject {
    /// Returns a conversation.
    pub fn new(view: &ConversationView, account: &AccountId, now: Timestamp) -> Self {
        let conversation = &view.conversation;
        let Split { custom, more, .. } = Split::of(&conversation.metadata);
        let seen = conversation.read_up_to.map_or(0, |message| message.time().as_seconds());
        let last = LastMessage::of(conversation);
        let assignee = conversation.placement.assignee_id.map(|member| {
            let name = view.names.member(member).map(|entry| entry.name.clone());
            json!({ "id": id::number(member), "name": name, "available_name": name, "account_id": account, "type": "user" })
        });
        let activity = conversation.last_message_at().as_seconds();
        Self {
            meta: ConversationMeta {
                sender: ContactObject::of(&conversation.customer),
                channel: channel_type(conversation.channel()),
                assignee,
                hmac_verified: false,
            },
            id: id::number(conversation.id),
            messages: last.clone().into_iter().collect(),
            account_id: account.clone(),
            uuid: conversation.id.to_string(),
            additional_attributes: more.additional_attributes,
            agent_last_seen_at: seen,
            assignee_last_seen_at: 0,
            can_reply: conversation.is_window_open(now),
            contact_last_seen_at: 0,
            custom_attributes: custom,
            inbox_id: conversation.placement.inbox_id.map(id::number),
            labels: conversation.tags.as_slice().iter().map(ToString::to_string).collect(),
            muted: false,
            snoozed_until: end_of_snooze(conversation, now).map(|until| until.to_string()),
            status: status_of(conversation, now),
            created_at: conversation.created_at().as_seconds(),
            updated_at: seconds(conversation.updated_at),
            timestamp: activity,
            first_reply_created_at: conversation.first_response_at.map_or(0, Timestamp::as_seconds),
            unread_count: conversation.unread_count,
            last_non_activity_message: last,
            last_activity_at: activity,
            priority: priority(conversation),
            waiting_since: if conversation.awaiting_reply { activity } else { 0 },
            display_id: id::number(conversation.id),
        }
    }
}

/// Returns a time in seconds, with its milliseconds.
#[expect(clippy::cast_precision_loss, reason = "a time in milliseconds has less than 53 bits")]
fn seconds(time: Timestamp) -> f64 {
    time.as_millis() as f64 / 1000.0
}

/// Returns the service's status of a conversation.
pub fn status_of(conversation: &Conversation, now: Timestamp) -> &'static str {
    match conversation.status {
        Status::Open if conversation.is_snoozed(now) => "snoozed",
        Status::Open => "open",
        Status::Waiting => "pending",
        Status::Solved => "resolved",
    }
}

/// Returns the priority, if the service has it.
fn priority(conversation: &Conversation) -> Option<String> {
    let priority = conversation.priority.as_str();
    ["low", "medium", "high", "urgent"].contains(&priority).then(|| priority.to_owned())
}
