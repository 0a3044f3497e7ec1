use serde::{Deserialize, Serialize};

use crate::{
    AssistantId, Channel, Conversation, CustomerId, Email, ExternalId, InboxId, MemberId, PipelineId, Priority,
    Resolution, SessionKey, StageId, Status, Tag, Timestamp,
};

/// A filter on an assignment: one assignee, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Assigned<T> {
    /// Not assigned.
    None,
    /// Assigned to this one.
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

/// A filter of conversations. A conversation must match all fields that are set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConversationFilter {
    /// With this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// With this resolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Resolution>,
    /// On this channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// With this customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// With a customer who has this email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_email: Option<Email>,
    /// With this id in the caller's own system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Assigned to this member, or to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Assigned<MemberId>>,
    /// Assigned to this assistant, or to none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistant_id: Option<Assigned<AssistantId>>,
    /// In this inbox.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbox_id: Option<InboxId>,
    /// In this pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline_id: Option<PipelineId>,
    /// With this sessionKey.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_key: Option<SessionKey>,
    /// In this stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_id: Option<StageId>,
    /// With this priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// With this tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Tag>,
    /// Escalated to a person, or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub escalated: Option<bool>,
    /// With unread customer replies, or without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<bool>,
    /// With the customer's reply as the newest one, or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub awaiting_reply: Option<bool>,
    /// Snoozed now, or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snoozed: Option<bool>,
    /// Created at or after this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_after: Option<Timestamp>,
    /// Created before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_before: Option<Timestamp>,
    /// With one of these statuses; empty for all. A status of another service can stand for several of ours.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub any_status: Vec<Status>,
    /// With one of these resolutions; empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub any_resolution: Vec<Resolution>,
    /// With one of these priorities; empty for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub any_priority: Vec<Priority>,
}

/// A filter whose email address is replaced by the customers who have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedFilter {
    /// The filter, without its customer.
    pub filter: ConversationFilter,
    /// The customers, at least one; `None` for all.
    pub customers: Option<Vec<CustomerId>>,
}

impl ResolvedFilter {
    /// Returns whether a conversation matches at the time `now`.
    #[must_use]
    pub fn matches(&self, conversation: &Conversation, now: Timestamp) -> bool {
        let is_of = |customers: &Vec<CustomerId>| customers.contains(&conversation.customer.id);
        self.customers.as_ref().is_none_or(is_of) && self.filter.matches(conversation, now)
    }
}

impl ConversationFilter {
    /// Returns whether the filter is empty, so that every conversation matches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Returns whether a conversation matches at the time `now`.
    ///
    /// `customer_email` is compared with the verified address on the conversation. An address that was given with a client key
    /// never matches. Lists look up the customers who have the address instead.
    #[must_use]
    pub fn matches(&self, conversation: &Conversation, now: Timestamp) -> bool {
        fn is<T: PartialEq>(expected: Option<&T>, actual: Option<&T>) -> bool {
            expected.is_none_or(|expected| actual == Some(expected))
        }
        fn is_any<T: PartialEq>(expected: &[T], actual: Option<&T>) -> bool {
            expected.is_empty() || actual.is_some_and(|actual| expected.contains(actual))
        }
        let placement = &conversation.placement;
        let email = conversation.customer.verified_email().map(Email::normalized);
        is(self.status.as_ref(), Some(&conversation.status))
            && is(self.resolution.as_ref(), conversation.resolution.as_ref())
            && is(self.channel.as_ref(), Some(&conversation.channel()))
            && is(self.customer_id.as_ref(), Some(&conversation.customer.id))
            && is(self.customer_email.as_ref().map(Email::normalized).as_ref(), email.as_ref())
            && is(self.external_id.as_ref(), conversation.external_id.as_ref())
            && is(self.session_key.as_ref(), conversation.session_key.as_ref())
            && self.assignee_id.is_none_or(|assigned| assigned.holds(placement.assignee_id.as_ref()))
            && self.assistant_id.is_none_or(|assigned| assigned.holds(placement.assistant_id.as_ref()))
            && is(self.inbox_id.as_ref(), placement.inbox_id.as_ref())
            && is(self.pipeline_id.as_ref(), placement.pipeline_id.as_ref())
            && is(self.stage_id.as_ref(), placement.stage_id.as_ref())
            && is(self.priority.as_ref(), Some(&conversation.priority))
            && self.tag.as_ref().is_none_or(|tag| conversation.tags.as_slice().contains(tag))
            && is(self.escalated.as_ref(), Some(&conversation.escalated))
            && is(self.unread.as_ref(), Some(&(conversation.unread_count > 0)))
            && is(self.awaiting_reply.as_ref(), Some(&conversation.awaiting_reply))
            && is(self.snoozed.as_ref(), Some(&conversation.is_snoozed(now)))
            && self.created_after.is_none_or(|time| conversation.created_at() >= time)
            && self.created_before.is_none_or(|time| conversation.created_at() < time)
            && is_any(&self.any_status, Some(&conversation.status))
            && is_any(&self.any_resolution, conversation.resolution.as_ref())
            && is_any(&self.any_priority, Some(&conversation.priority))
    }
}
