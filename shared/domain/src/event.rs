//! Events of conversations, messages and customers.
//!
//! Events are derived from the states before and after a change. Counters, automations and removals consume events. No
//! other code compares states.

use std::collections::BTreeSet;

use crate::{
    AutomationTrigger, Cause, Conversation, ConversationId, CountedAs, DeliveryStatus, Message, MessageId, Timestamp,
};

/// The state of a conversation, from its own item.
#[derive(Debug, Clone, PartialEq)]
pub enum ConversationState {
    /// The conversation exists.
    Live(Box<LiveConversation>),
    /// The conversation was deleted, and its items are being removed.
    Deleted {
        /// The version of the deletion.
        version: u64,
        /// The time of the deletion.
        at: Timestamp,
    },
}

/// A conversation that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveConversation {
    /// The conversation, without metadata larger than 1 KiB.
    pub conversation: Conversation,
    /// Changes whenever metadata larger than 1 KiB is replaced. `None` if there is none.
    pub metadata_mark: Option<String>,
    /// The cause of the last change made by an automation.
    pub cause: Option<Cause>,
}

/// A field that clients can update.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConversationField {
    /// The status.
    Status,
    /// The resolution.
    Resolution,
    /// Whether it was handed over to a person.
    Escalated,
    /// The priority.
    Priority,
    /// The subject.
    Subject,
    /// The tags.
    Tags,
    /// The caller's own data.
    Metadata,
    /// The end of the snooze.
    SnoozedUntil,
    /// The inbox.
    Inbox,
    /// The assignee.
    Assignee,
    /// The assistant.
    Assistant,
    /// The pipeline.
    Pipeline,
    /// The stage.
    Stage,
}

/// An event of a conversation or one of its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConversationEvent {
    /// The conversation was created.
    Created,
    /// Fields that clients can update have changed. A customer's reply that reopens the conversation changes the status
    /// too.
    Updated(BTreeSet<ConversationField>),
    /// What the conversation is counted as has changed; `None` stands for a conversation that does not exist.
    CountChanged {
        /// Before.
        from: Option<CountedAs>,
        /// After.
        to: Option<CountedAs>,
    },
    /// A message was added.
    MessageAdded(MessageId),
    /// A message's delivery status or externalId has changed.
    MessageUpdated {
        /// The message.
        message: MessageId,
        /// The new delivery status, if it has changed.
        delivery_status: Option<DeliveryStatus>,
    },
    /// A message was deleted.
    MessageDeleted(MessageId),
    /// The thread was marked as read.
    Read,
    /// The customer's details on the conversation were updated.
    CustomerUpdated,
    /// The conversation was deleted. Its items are removed in the background.
    Deleted,
}

/// An event of a customer that triggers a background step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomerEvent {
    /// The customer was updated, or a step of copying their details to conversations completed. The next step is due.
    RefreshDue {
        /// The customer's version.
        version: u64,
        /// The position up to which their conversations have this version.
        refreshed_to: Option<MessageId>,
    },
    /// The erasure of the customer started, or a step of it completed. The next step is due.
    ErasureDue {
        /// The number of the step.
        step: u64,
    },
    /// The erased customer's item has expired and was removed.
    Removed {
        /// When it expired. Since then, the id can belong to a new customer.
        expired_at: Timestamp,
    },
}

/// The events of one change of a conversation's own item.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationChange {
    /// The conversation.
    pub id: ConversationId,
    /// The conversation's version after the change.
    pub version: u64,
    /// The events.
    pub events: Vec<ConversationEvent>,
    /// The conversation after the change, unless it was deleted.
    pub after: Option<Box<LiveConversation>>,
    /// The automation that caused the change, if one did.
    pub cause: Option<Cause>,
    /// The time of the change.
    pub at: Timestamp,
}

impl ConversationChange {
    /// Derives the events between two states.
    #[must_use]
    pub fn between(id: ConversationId, before: Option<ConversationState>, after: ConversationState) -> Self {
        let mut events = Vec::new();
        let counted_as = |state: Option<&ConversationState>| match state {
            Some(ConversationState::Live(live)) => Some(live.conversation.counted_as()),
            Some(ConversationState::Deleted { .. }) | None => None,
        };
        let (from, to) = (counted_as(before.as_ref()), counted_as(Some(&after)));
        if from != to {
            events.push(ConversationEvent::CountChanged { from, to });
        }
        match (before, after) {
            (before, ConversationState::Deleted { version, at }) => {
                if !matches!(before, Some(ConversationState::Deleted { .. })) {
                    events.push(ConversationEvent::Deleted);
                }
                Self { id, version, events, after: None, cause: None, at }
            }
            (Some(ConversationState::Live(before)), ConversationState::Live(after)) => {
                events.extend(changes(&before, &after));
                let cause = after.cause.clone().filter(|cause| before.cause.as_ref() != Some(cause));
                let (version, at) = (after.conversation.version, after.conversation.updated_at);
                Self { id, version, events, after: Some(after), cause, at }
            }
            (Some(ConversationState::Deleted { .. }) | None, ConversationState::Live(after)) => {
                events.push(ConversationEvent::Created);
                if after.conversation.message_count > 0 {
                    events.push(ConversationEvent::MessageAdded(after.conversation.newest_message_id));
                }
                let cause = after.cause.clone();
                let (version, at) = (after.conversation.version, after.conversation.updated_at);
                Self { id, version, events, after: Some(after), cause, at }
            }
        }
    }

    /// Returns what the conversation was and is counted as, if that has changed.
    #[must_use]
    pub fn count_change(&self) -> Option<(Option<CountedAs>, Option<CountedAs>)> {
        self.events.iter().find_map(|event| match event {
            ConversationEvent::CountChanged { from, to } => Some((*from, *to)),
            _ => None,
        })
    }

    /// Returns whether the conversation was deleted.
    #[must_use]
    pub fn is_deletion(&self) -> bool {
        self.events.contains(&ConversationEvent::Deleted)
    }

    /// Returns the automation triggers of this change. A change with a message counts as that message only. Marking a
    /// thread as read, deleting a message and updating a customer's details trigger no automations.
    #[must_use]
    pub fn triggers(&self) -> Vec<AutomationTrigger> {
        let has = |is: fn(&ConversationEvent) -> bool| self.events.iter().any(is);
        let has_message = has(|event| matches!(event, ConversationEvent::MessageAdded(_)));
        let is_created = has(|event| matches!(event, ConversationEvent::Created));
        let is_updated = has(|event| matches!(event, ConversationEvent::Updated(_)));
        let mut triggers = Vec::new();
        triggers.extend(is_created.then_some(AutomationTrigger::ConversationCreated));
        triggers.extend(has_message.then_some(AutomationTrigger::MessageCreated));
        triggers.extend((is_updated && !has_message).then_some(AutomationTrigger::ConversationUpdated));
        triggers
    }
}

fn changes(before: &LiveConversation, after: &LiveConversation) -> Vec<ConversationEvent> {
    let (was, is) = (&before.conversation, &after.conversation);
    let mut events = Vec::new();
    let fields: BTreeSet<_> = [
        (ConversationField::Status, was.status != is.status),
        (ConversationField::Resolution, was.resolution != is.resolution),
        (ConversationField::Escalated, was.escalated != is.escalated),
        (ConversationField::Priority, was.priority != is.priority),
        (ConversationField::Subject, was.subject != is.subject),
        (ConversationField::Tags, was.tags != is.tags),
        (ConversationField::Metadata, (&was.metadata, &before.metadata_mark) != (&is.metadata, &after.metadata_mark)),
        (ConversationField::SnoozedUntil, was.snoozed_until != is.snoozed_until),
        (ConversationField::Inbox, was.placement.inbox_id != is.placement.inbox_id),
        (ConversationField::Assignee, was.placement.assignee_id != is.placement.assignee_id),
        (ConversationField::Assistant, was.placement.assistant_id != is.placement.assistant_id),
        (ConversationField::Pipeline, was.placement.pipeline_id != is.placement.pipeline_id),
        (ConversationField::Stage, was.placement.stage_id != is.placement.stage_id),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect();
    if !fields.is_empty() {
        events.push(ConversationEvent::Updated(fields));
    }
    if was.newest_message_id != is.newest_message_id {
        events.push(ConversationEvent::MessageAdded(is.newest_message_id));
    }
    if was.read_up_to != is.read_up_to {
        events.push(ConversationEvent::Read);
    }
    if was.customer != is.customer {
        events.push(ConversationEvent::CustomerUpdated);
    }
    events
}

impl ConversationEvent {
    /// Derives the event between two states of a message's item. Returns `None` if nothing has changed, or the message was
    /// added: that event comes from the conversation's own item.
    #[must_use]
    pub fn of_message(before: Option<&Message>, after: Option<&Message>) -> Option<Self> {
        match (before, after) {
            (Some(before), None) => Some(Self::MessageDeleted(before.id)),
            (Some(before), Some(after)) if before != after => {
                let status = after.delivery_status();
                let delivery_status = (status != before.delivery_status()).then_some(status);
                Some(Self::MessageUpdated { message: after.id, delivery_status })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
