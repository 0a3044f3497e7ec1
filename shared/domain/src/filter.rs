use serde::{Deserialize, Serialize};

use crate::{
    AssistantId, Channel, Conversation, CustomerId, Email, ExternalId, InboxId, MemberId, PipelineId, Priority,
    Resolution, StageId, Status, Tag, Timestamp,
};

/// Somebody in particular, or nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Assigned<T> {
    /// Nobody.
    None,
    /// This one.
    #[serde(untagged)]
    To(T),
}

impl<T: PartialEq> Assigned<T> {
    fn holds(&self, who: Option<&T>) -> bool {
        match self {
            Self::None => who.is_none(),
            Self::To(id) => who == Some(id),
        }
    }
}

/// Which conversations are wanted. All parts must hold; one that is missing asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConversationFilter {
    /// In this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// Solved in this way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Resolution>,
    /// On this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// With this customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// With the customer who has this email.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_email: Option<Email>,
    /// With the caller's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Of this member, or of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Assigned<MemberId>>,
    /// Of this assistant, or of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistant_id: Option<Assigned<AssistantId>>,
    /// In this inbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// In this pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline_id: Option<PipelineId>,
    /// In this stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_id: Option<StageId>,
    /// Of this urgency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// With this label among others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Tag>,
    /// Handed to a person, or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalated: Option<bool>,
    /// With replies of the customer that nobody has read, or without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<bool>,
    /// Whose newest reply is the customer's, or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub awaiting_reply: Option<bool>,
    /// Snoozed at this moment, or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snoozed: Option<bool>,
    /// Opened after this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_after: Option<Timestamp>,
    /// Opened before this moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_before: Option<Timestamp>,
}

impl ConversationFilter {
    /// Whether this conversation is one of them at this moment.
    ///
    /// `customer_email` is compared with the address on the conversation; lists ask who has claimed it instead.
    #[must_use]
    pub fn matches(&self, conversation: &Conversation, now: Timestamp) -> bool {
        fn is<T: PartialEq>(wanted: Option<&T>, actual: Option<&T>) -> bool {
            wanted.is_none_or(|wanted| actual == Some(wanted))
        }
        let placement = &conversation.placement;
        let email = conversation.customer.details.email.as_ref().map(Email::normalized);
        is(self.status.as_ref(), Some(&conversation.status))
            && is(self.resolution.as_ref(), conversation.resolution.as_ref())
            && is(self.channel.as_ref(), Some(&conversation.channel()))
            && is(self.customer_id.as_ref(), Some(&conversation.customer.id))
            && is(self.customer_email.as_ref().map(Email::normalized).as_ref(), email.as_ref())
            && is(self.external_id.as_ref(), conversation.external_id.as_ref())
            && self.assignee_id.is_none_or(|who| who.holds(placement.assignee_id.as_ref()))
            && self.assistant_id.is_none_or(|who| who.holds(placement.assistant_id.as_ref()))
            && is(self.inbox_id.as_ref(), placement.inbox_id.as_ref())
            && is(self.pipeline_id.as_ref(), placement.pipeline_id.as_ref())
            && is(self.stage_id.as_ref(), placement.stage_id.as_ref())
            && is(self.priority.as_ref(), Some(&conversation.priority))
            && self.tag.as_ref().is_none_or(|tag| conversation.tags.as_slice().contains(tag))
            && is(self.escalated.as_ref(), Some(&conversation.escalated))
            && is(self.unread.as_ref(), Some(&(conversation.unread_count > 0)))
            && is(self.awaiting_reply.as_ref(), Some(&conversation.awaiting_reply))
            && is(self.snoozed.as_ref(), Some(&conversation.is_snoozed(now)))
            && self.created_after.is_none_or(|moment| conversation.created_at() > moment)
            && self.created_before.is_none_or(|moment| conversation.created_at() < moment)
    }
}
