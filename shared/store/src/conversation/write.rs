//! Converts a transition of a conversation to an update of its item.

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{Assign, ConversationId, CountChange, Metadata, PlacementPatch, ReadUpTo, Status, Transition};

use super::item::{MetadataStorage, attributes, live, metadata_storage};
use super::preview;
use crate::{
    TenantStore,
    condition::Condition,
    expression::{Update, number, packed_id, packed_id_of, text, text_of},
    timer::{clear_due, set_due},
};

impl TenantStore {
    /// Returns the update for a transition, and the condition under which it is allowed. Metadata larger than 1 KiB is a
    /// separate item, which the caller writes in the same transaction.
    pub(crate) fn write_transition(
        &self,
        conversation: ConversationId,
        transition: &Transition,
    ) -> (Update, Condition) {
        let mut update = Update::default();
        update.set(attributes::UPDATED_AT, number(transition.at.as_millis()));
        update.add(attributes::VERSION, 1);
        update.set(attributes::ACTOR, text(self.actor_text()));
        if let Some(status) = transition.status {
            update.set(attributes::STATUS, text(status));
            update.set(attributes::STATUS_PARTITION, text(self.status_partition(conversation, status)));
        }
        update.assign(attributes::RESOLUTION, &transition.resolution, text_of);
        update.assign(attributes::CLOSED_AT, &transition.closed_at, |at| number(at.as_millis()));
        if let Some(escalated) = transition.escalated {
            update.set(attributes::ESCALATED, AttributeValue::Bool(escalated));
        }
        if let Some(priority) = &transition.priority {
            update.set(attributes::PRIORITY, text(priority));
        }
        if let Some(subject) = &transition.subject {
            update.set(attributes::SUBJECT, text(subject));
        }
        if let Some(tags) = &transition.tags {
            update.set(attributes::TAGS, AttributeValue::L(tags.as_slice().iter().map(text).collect()));
        }
        if let Some(metadata) = &transition.metadata {
            self.set_metadata(&mut update, metadata);
        }
        self.set_placement(&mut update, conversation, transition.placement);
        self.set_snooze(&mut update, conversation, transition);
        update.assign(attributes::PREVIEW, &transition.newest_reply, |reply| preview::write(&reply.preview));
        update.assign(attributes::PREVIEW_MESSAGE_ID, &transition.newest_reply, |reply| packed_id(reply.id));
        if let Some(activity) = transition.activity {
            update.set(attributes::ACTIVITY, packed_id(activity));
        }
        match transition.read_up_to {
            ReadUpTo::Keep => {}
            ReadUpTo::Newest => update.copy(attributes::READ_UP_TO, attributes::ORDER_MARK),
            ReadUpTo::Message(message) => update.set(attributes::READ_UP_TO, packed_id(message)),
        }
        if let Some(newest) = transition.newest_message_id {
            update.set(attributes::ORDER_MARK, packed_id(newest));
        }
        if let Some(awaiting) = transition.awaiting_reply {
            update.set(attributes::AWAITING_REPLY, AttributeValue::Bool(awaiting));
        }
        let millis = |at: &deskless_domain::Timestamp| number(at.as_millis());
        update.assign(attributes::FIRST_RESPONSE_AT, &transition.first_response_at, millis);
        update.assign(attributes::LAST_CUSTOMER_REPLY_AT, &transition.last_customer_reply_at, millis);
        count(&mut update, attributes::MESSAGE_COUNT, transition.message_count);
        count(&mut update, attributes::UNREAD_COUNT, transition.unread_count);
        let condition = live();
        let condition = if transition.requires_solved {
            condition.equals(attributes::STATUS, text(Status::Solved))
        } else {
            condition
        };
        (update, condition)
    }

    /// Sets or clears the end of the snooze, and makes the conversation due then. One that has ended already is not due: its end is
    /// this change.
    fn set_snooze(&self, update: &mut Update, conversation: ConversationId, transition: &Transition) {
        update.assign(attributes::SNOOZED_UNTIL, &transition.snoozed_until, |at| number(at.as_millis()));
        match transition.snoozed_until {
            Assign::Keep => {}
            Assign::Set(until) | Assign::SetIfEmpty(until) if until > transition.at => {
                set_due(update, &self.keys().conversation(conversation), until);
            }
            Assign::Set(_) | Assign::SetIfEmpty(_) | Assign::Clear => clear_due(update),
        }
    }

    fn set_placement(&self, update: &mut Update, conversation: ConversationId, patch: PlacementPatch) {
        update.change(attributes::INBOX_ID, patch.inbox_id, packed_id_of);
        update.change(attributes::ASSIGNEE_ID, patch.assignee_id, packed_id_of);
        update.change(attributes::ASSIGNEE_PARTITION, patch.assignee_id, |&member| {
            text(self.assignee_partition(conversation, member))
        });
        update.change(attributes::ASSISTANT_ID, patch.assistant_id, packed_id_of);
        update.change(attributes::PIPELINE_ID, patch.pipeline_id, packed_id_of);
        update.change(attributes::STAGE_ID, patch.stage_id, packed_id_of);
    }

    fn set_metadata(&self, update: &mut Update, metadata: &Metadata) {
        match metadata_storage(metadata) {
            MetadataStorage::None => {
                update.remove(attributes::METADATA);
                update.remove(attributes::LARGE_METADATA);
            }
            MetadataStorage::Inline(json) => {
                update.set(attributes::METADATA, text(json));
                update.remove(attributes::LARGE_METADATA);
            }
            MetadataStorage::Separate(_) => {
                update.remove(attributes::METADATA);
                update.set(attributes::LARGE_METADATA, AttributeValue::Bool(true));
                let mark = deskless_domain::AttemptId::generate(self.clock());
                update.set(attributes::METADATA_MARK, packed_id(mark));
            }
        }
    }
}

fn count(update: &mut Update, attribute: &str, change: CountChange) {
    match change {
        CountChange::Keep => {}
        CountChange::Add(value) => update.add(attribute, value),
        CountChange::Set(value) => update.set(attribute, number(value)),
    }
}
