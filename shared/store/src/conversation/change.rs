//! What a change writes.

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{
    AttemptId, Change, ConversationId, ConversationPatch, Metadata, PlacementPatch, ReadMark, Resolution, Resolved,
    Status, Timestamp,
};

use super::item::{LIVE, Placed, attributes, place};
use crate::{
    TenantStore,
    expression::{Update, number, text},
};

/// A change, ready to be written.
pub(super) struct Write {
    pub attempt: AttemptId,
    pub update: Update,
    pub condition: String,
    /// The versions under which the caller wants the change.
    pub expected: Option<Vec<u64>>,
}

impl TenantStore {
    pub(super) fn prepare(
        &self,
        id: ConversationId,
        patch: &ConversationPatch,
        now: Timestamp,
        expected: Option<Vec<u64>>,
    ) -> Write {
        let attempt = AttemptId::generate(self.clock());
        let (mut update, condition) = self.prepare_once(id, patch, attempt, now, expected.as_deref());
        update.set(attributes::ATTEMPT, text(attempt));
        // A repetition behind a lost answer is refused, whatever came since: made again, this change would undo a
        // customer's reply that opened the conversation in between.
        let condition = format!("{condition} AND #{attempt} <> :{attempt}", attempt = attributes::ATTEMPT);
        Write { attempt, update, condition, expected }
    }

    /// The same, for a change that something else keeps from being made twice. It leaves what another change goes by to
    /// recognise itself.
    pub(super) fn prepare_once(
        &self,
        id: ConversationId,
        patch: &ConversationPatch,
        attempt: AttemptId,
        now: Timestamp,
        expected: Option<&[u64]>,
    ) -> (Update, String) {
        let mut update = Update::default();
        let mut condition = LIVE.to_owned();
        update.set(attributes::UPDATED_AT, number(now.as_millis()));
        update.add(attributes::VERSION, 1);
        if let Some(versions) = expected {
            let versions: Vec<_> = versions
                .iter()
                .enumerate()
                .map(|(i, version)| update.value(&format!("expected{i}"), number(version)))
                .collect();
            condition = format!("{condition} AND #version IN ({})", versions.join(", "));
        }
        if let Some(demand) = self.set_state(&mut update, id, patch.state, now) {
            condition = format!("{condition} AND {demand}");
        }
        if let Some(escalated) = patch.escalated {
            update.set("escalated", AttributeValue::Bool(escalated));
        }
        if let Some(priority) = &patch.priority {
            update.set("priority", text(priority));
        }
        if let Some(subject) = &patch.subject {
            update.set("subject", text(subject));
        }
        if let Some(tags) = &patch.tags {
            update.set("tags", AttributeValue::L(tags.as_slice().iter().map(text).collect()));
        }
        if let Some(metadata) = &patch.metadata {
            set_metadata(&mut update, metadata, attempt);
        }
        self.set_placement(&mut update, patch.placement);
        update.edit(attributes::SNOOZED_UNTIL, patch.snoozed_until, |until| number(until.as_millis()));
        match patch.read {
            None => {}
            Some(ReadMark::Everything) => {
                update.copy(attributes::READ_UP_TO, attributes::ORDER_MARK);
                update.set(attributes::UNREAD_COUNT, number(0));
            }
            Some(ReadMark::UpTo(message, left)) => {
                update.set(attributes::READ_UP_TO, text(message));
                update.set(attributes::UNREAD_COUNT, number(left));
            }
        }
        (update, condition)
    }

    /// Gives what must hold for it.
    fn set_state(&self, update: &mut Update, id: ConversationId, state: Change, now: Timestamp) -> Option<String> {
        match state {
            Change::Keep => None,
            Change::Resolution(resolution) => {
                update.set(attributes::RESOLUTION, text(resolution));
                let solved = update.value("solved", text(Status::Solved));
                Some(format!("{} = {solved}", update.name(attributes::STATUS)))
            }
            Change::Status(state) => {
                update.set(attributes::STATUS, text(state.status()));
                update.set(attributes::STATUS_PARTITION, text(self.status_partition(id, state.status())));
                match state {
                    Resolved::No(_) => {
                        update.remove(attributes::RESOLUTION);
                        update.remove(attributes::CLOSED_AT);
                    }
                    Resolved::Yes(resolution) => {
                        update.set_once(attributes::CLOSED_AT, number(now.as_millis()));
                        match resolution {
                            Some(resolution) => update.set(attributes::RESOLUTION, text(resolution)),
                            None => update.set_once(attributes::RESOLUTION, text(Resolution::Resolved)),
                        }
                    }
                }
                None
            }
        }
    }

    fn set_placement(&self, update: &mut Update, patch: PlacementPatch) {
        update.edit(attributes::INBOX_ID, patch.inbox_id, text);
        update.edit(attributes::ASSIGNEE_ID, patch.assignee_id, text);
        update.edit(attributes::ASSIGNEE_PARTITION, patch.assignee_id, |member| text(self.keys().by_assignee(member)));
        update.edit(attributes::ASSISTANT_ID, patch.assistant_id, text);
        update.edit(attributes::PIPELINE_ID, patch.pipeline_id, text);
        update.edit(attributes::STAGE_ID, patch.stage_id, text);
    }
}

fn set_metadata(update: &mut Update, metadata: &Metadata, attempt: AttemptId) {
    match place(metadata) {
        Placed::Nowhere => {
            update.remove(attributes::METADATA);
            update.remove(attributes::LARGE_METADATA);
        }
        Placed::Inline(json) => {
            update.set(attributes::METADATA, text(json));
            update.remove(attributes::LARGE_METADATA);
        }
        Placed::Apart(_) => {
            update.remove(attributes::METADATA);
            update.set(attributes::LARGE_METADATA, AttributeValue::Bool(true));
            update.set(attributes::METADATA_MARK, text(attempt));
        }
    }
}
