//! The object `conversation`.

use deskless_domain::{Channel, Conversation, Message, MessageType, Role, Status, Tag, Timestamp};
use serde_json::{Value, json};

use super::part::{BodyFormat, attachments, author, body, contact_type, part};
use crate::intercom::{attributes::Attributes, search::Context};

/// A conversation with what its object shows.
pub struct Shown<'a> {
    /// The conversation.
    pub conversation: &'a Conversation,
    /// The name of its assistant.
    pub assistant: Option<&'a str>,
    /// The first message.
    pub first: Option<&'a Message>,
    /// How bodies are shown.
    pub format: BodyFormat,
}

/// Returns the state. A solved conversation is closed, even if it is snoozed.
pub fn state(conversation: &Conversation, now: Timestamp) -> &'static str {
    match conversation.status {
        Status::Solved => "closed",
        Status::Open | Status::Waiting if conversation.is_snoozed(now) => "snoozed",
        Status::Open | Status::Waiting => "open",
    }
}

/// Returns whether the priority is one of those that stand out.
pub fn is_priority(conversation: &Conversation) -> bool {
    ["high", "urgent", "critical", "priority"]
        .iter()
        .any(|high| conversation.priority.as_str().eq_ignore_ascii_case(high))
}

/// Returns the time of the newest reply in seconds, if it is the contact's.
pub fn waiting_since(conversation: &Conversation) -> Option<i64> {
    conversation.awaiting_reply.then(|| conversation.last_message_at().as_seconds())
}

/// Returns whether a message is the source of its conversation: the first one, unless it is a note.
pub fn is_source(message: &Message) -> bool {
    message.draft.kind == MessageType::Reply
}

impl Shown<'_> {
    /// Returns the object, without its parts.
    pub fn object(&self, context: &Context) -> Value {
        let Conversation { id, status, placement, customer, .. } = self.conversation;
        let assignee = placement.assignee_id.map(|id| id.to_string());
        let teammates =
            assignee.as_ref().map(|id| json!({ "type": "admin.list", "admins": [{ "type": "admin", "id": id }] }));
        let tag = |tag: &Tag| json!({ "type": "tag", "id": context.tags.id(tag), "name": tag.as_str(), "applied_at": null, "applied_by": null });
        let source = self.first.filter(|first| is_source(first));
        let first_reply = source.filter(|source| source.draft.role == Role::User).map(
            |source| json!({ "created_at": source.created_at().as_seconds(), "type": "conversation", "url": null }),
        );
        json!({
            "type": "conversation",
            "id": id.to_string(),
            "title": self.conversation.subject.as_str(),
            "created_at": self.conversation.created_at().as_seconds(),
            "updated_at": self.conversation.updated_at.as_seconds(),
            "waiting_since": waiting_since(self.conversation),
            "snoozed_until": self.conversation.snoozed_until.filter(|until| *until > context.now).map(Timestamp::as_seconds),
            "source": self.source(source),
            "contacts": {
                "type": "contact.list",
                "contacts": [{ "type": "contact", "id": customer.id.as_str(), "external_id": customer.id.as_str() }],
            },
            "first_contact_reply": first_reply,
            "admin_assignee_id": assignee,
            "team_assignee_id": null,
            "company_id": null,
            "open": *status != Status::Solved,
            "state": state(self.conversation, context.now),
            "read": self.conversation.unread_count == 0,
            "tags": { "type": "tag.list", "tags": self.conversation.tags.as_slice().iter().map(tag).collect::<Vec<_>>() },
            "priority": if is_priority(self.conversation) { "priority" } else { "not_priority" },
            "sla_applied": null,
            "statistics": self.statistics(source),
            "conversation_rating": null,
            "teammates": teammates,
            "custom_attributes": Attributes::of(&self.conversation.metadata).custom(),
            "topics": {},
            "ticket": null,
            "linked_objects": { "type": "list", "data": [], "total_count": 0, "has_more": false },
            "ai_agent": null,
            "ai_agent_participated": placement.assistant_id.is_some(),
        })
    }

    /// Returns the object with the messages after the first one.
    pub fn with_parts(&self, parts: &[Message], context: &Context) -> Value {
        let mut object = self.object(context);
        let shown = |message| part(message, self.conversation, self.assistant, self.format);
        let is_first_a_part = self.first.is_some_and(|first| !is_source(first));
        let total = self.conversation.message_count.saturating_sub(u64::from(!is_first_a_part));
        object["conversation_parts"] = json!({
            "type": "conversation_part.list",
            "conversation_parts": parts.iter().map(shown).collect::<Vec<_>>(),
            "total_count": total,
        });
        object
    }

    fn source(&self, source: Option<&Message>) -> Value {
        let conversation = self.conversation;
        let kind = match conversation.channel() {
            Channel::Email => "email",
            Channel::WhatsApp => "whatsapp",
            Channel::Instagram => "instagram",
            Channel::Messenger => "facebook",
            Channel::Sms => "sms",
            Channel::Voice => "phone_call",
            _ => "conversation",
        };
        let customer = &conversation.customer;
        let contact = || {
            json!({
                "type": contact_type(conversation),
                "id": customer.id.as_str(),
                "name": customer.details.name.as_ref().map(ToString::to_string),
                "email": customer.details.email.as_ref().map(ToString::to_string),
            })
        };
        let is_from_contact = source.is_none_or(|source| source.draft.role == Role::User);
        json!({
            "type": kind,
            "id": source.map_or_else(|| conversation.id.to_string(), |source| source.id.to_string()),
            "delivered_as": if is_from_contact { "customer_initiated" } else { "admin_initiated" },
            "subject": "",
            "body": source.and_then(|source| body(source, self.format)),
            "author": source.map_or_else(contact, |source| author(source, conversation, self.assistant)),
            "attachments": source.map(attachments).unwrap_or_default(),
            "url": null,
            "redacted": false,
        })
    }

    fn statistics(&self, source: Option<&Message>) -> Value {
        let conversation = self.conversation;
        let since = |time: Timestamp| time.as_seconds() - conversation.created_at().as_seconds();
        json!({
            "type": "conversation_statistics",
            "time_to_admin_reply": conversation.first_response_at.map(since),
            "time_to_last_close": conversation.closed_at.map(since),
            "first_contact_reply_at": source
                .filter(|source| source.draft.role == Role::User)
                .map(|source| source.created_at().as_seconds()),
            "first_admin_reply_at": conversation.first_response_at.map(Timestamp::as_seconds),
            "last_contact_reply_at": waiting_since(conversation),
            "last_close_at": conversation.closed_at.map(Timestamp::as_seconds),
            "count_conversation_parts": conversation.message_count,
        })
    }
}
