use std::collections::HashMap;

use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use deskless_domain::{
    AttemptId, Change, Conversation, ConversationId, ConversationPatch, Metadata, Resolution, Resolved, Status,
};

use super::item::{DetailItem, Found, LIVE, Placed, attributes, place};
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    error::is_transient,
    expression::{Update, number, text},
    item::{self, Item, integer, string},
    transaction::{Outcome, Standing, Transaction},
};

/// A change, ready to be written.
struct Write {
    attempt: AttemptId,
    update: Update,
    condition: String,
    expected: Option<Vec<u64>>,
}

impl TenantStore {
    /// AP-11: changes a conversation in one trip. `expected` holds the versions under which the caller wants the
    /// change; `None` means any. Metadata of more than 1 KiB takes a transaction and a read instead.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`], [`StoreError::NotSolved`].
    pub async fn update_conversation(
        &self,
        id: ConversationId,
        patch: ConversationPatch,
        expected: Option<Vec<u64>>,
    ) -> Result<Conversation, StoreError> {
        let write = self.prepare(id, &patch, expected);
        match patch.metadata.as_ref().map(place) {
            Some(Placed::Apart(json)) => self.update_with_detail(id, write, json).await,
            _ => self.update_alone(id, write).await,
        }
    }

    fn prepare(&self, id: ConversationId, patch: &ConversationPatch, expected: Option<Vec<u64>>) -> Write {
        let attempt = AttemptId::generate(self.clock());
        let now = self.clock().now();
        let mut update = Update::default();
        update.set(attributes::ATTEMPT, text(attempt));
        // A repetition behind a lost answer is refused, whatever came since: made again, this change would undo a
        // customer's reply that opened the conversation in between.
        let mut condition = format!("{LIVE} AND #{attempt} <> :{attempt}", attempt = attributes::ATTEMPT);
        update.set(attributes::UPDATED_AT, number(now.as_millis()));
        update.add(attributes::VERSION, 1);
        if let Some(versions) = &expected {
            let versions: Vec<_> = versions
                .iter()
                .enumerate()
                .map(|(i, version)| update.value(&format!("expected{i}"), number(version)))
                .collect();
            condition = format!("{condition} AND #version IN ({})", versions.join(", "));
        }
        match patch.state {
            Change::Keep => {}
            Change::Resolution(resolution) => {
                update.set(attributes::RESOLUTION, text(resolution));
                let solved = update.value("solved", text(Status::Solved));
                let status = update.name(attributes::STATUS);
                condition = format!("{condition} AND {status} = {solved}");
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
            }
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
            set_metadata(&mut update, metadata);
        }
        Write { attempt, update, condition, expected }
    }

    async fn update_alone(&self, id: ConversationId, write: Write) -> Result<Conversation, StoreError> {
        let Write { attempt, update, condition, expected } = write;
        let request = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(self.keys().conversation(id).attributes()))
            .update_expression(update.expression())
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .condition_expression(condition)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut backoff = Backoff::new(self.clock());
        let item = loop {
            let error = match request.clone().send().await {
                Ok(output) => break output.attributes.unwrap_or_default(),
                Err(error) => error,
            };
            if let Some(UpdateItemError::ConditionalCheckFailedException(refused)) = error.as_service_error() {
                break recognise(refused.item(), attempt, expected.as_deref())?;
            }
            if !is_transient(&error) || !backoff.pause().await {
                return Err(StoreError::from_sdk(&error));
            }
        };
        self.complete(Found::read(item)?.ok_or(StoreError::NotFound)?).await
    }

    async fn update_with_detail(
        &self,
        id: ConversationId,
        write: Write,
        metadata: &str,
    ) -> Result<Conversation, StoreError> {
        let Write { attempt, update, condition, expected } = write;
        let mut transaction = Transaction::default();
        let itself = transaction.update(self, self.keys().conversation(id), update, &condition)?;
        let detail = DetailItem { metadata: metadata.to_owned() };
        transaction.put(self, item::write(self.keys().conversation_detail(id), &detail)?, None)?;
        match transaction.commit(self, &mut Backoff::new(self.clock())).await? {
            Outcome::Committed => {}
            Outcome::Refused(refusal) => {
                recognise(refusal.of(itself).and_then(Standing::item), attempt, expected.as_deref())?;
            }
        }
        self.get_conversation(id).await
    }
}

fn set_metadata(update: &mut Update, metadata: &Metadata) {
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
        }
    }
}

/// Says why a change was refused, or finds that it was this very change that stands there: then its first answer was
/// lost.
fn recognise(
    stored: Option<&Item>,
    attempt: AttemptId,
    expected: Option<&[u64]>,
) -> Result<HashMap<String, AttributeValue>, StoreError> {
    let Some(stored) = stored.filter(|item| !item.contains_key(attributes::DELETED_AT)) else {
        return Err(StoreError::NotFound);
    };
    if string(stored, attributes::ATTEMPT) == Some(attempt.to_string().as_str()) {
        return Ok(stored.clone());
    }
    let version = integer(stored, attributes::VERSION).and_then(|version| u64::try_from(version).ok());
    match (expected, version) {
        (Some(expected), Some(version)) if !expected.contains(&version) => Err(StoreError::VersionMismatch),
        _ => Err(StoreError::NotSolved),
    }
}
