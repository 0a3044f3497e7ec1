use std::collections::HashMap;

use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use deskless_domain::{AttemptId, Conversation, ConversationId, ConversationPatch};

use super::{
    change::Write,
    item::{DetailItem, Found, Placed, attributes, place},
};
use crate::{
    Once, Repeat, StoreError, TenantStore,
    backoff::Backoff,
    error::is_transient,
    item::{self, Item, integer, string},
    transaction::{Outcome, Standing, Transaction},
};

impl TenantStore {
    /// AP-11: changes a conversation in one trip. `expected` holds the versions under which the caller wants the
    /// change; `None` means any. Metadata of more than 1 KiB takes a transaction and a read instead.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`], [`StoreError::NotSolved`].
    pub async fn update_conversation(
        &self,
        id: ConversationId,
        patch: &ConversationPatch,
        expected: Option<Vec<u64>>,
    ) -> Result<Conversation, StoreError> {
        let write = self.prepare(id, patch, self.clock().now(), expected);
        match patch.metadata.as_ref().map(place) {
            Some(Placed::Apart(json)) => self.update_with_detail(id, write, json).await,
            _ => self.update_alone(id, write).await,
        }
    }

    /// AP-11: the same for a request that may be a repeat: the stored answer holds the conversation as it is
    /// afterwards, so that is read first, and the change is written only while nobody else is faster. Two trips.
    ///
    /// # Errors
    /// Those of a change, and [`StoreError::IdempotencyKeyReused`].
    pub async fn update_conversation_once(
        &self,
        id: ConversationId,
        patch: &ConversationPatch,
        expected: Option<Vec<u64>>,
        repeat: Option<Repeat<'_, Conversation>>,
    ) -> Result<Once<Conversation>, StoreError> {
        let Some(repeat) = &repeat else {
            return self.update_conversation(id, patch, expected).await.map(Once::Done);
        };
        let mut backoff = Backoff::new(self.clock());
        loop {
            let (earlier, current) = tokio::join!(self.replay(Some(repeat)), self.get_conversation(id));
            if let Some(answer) = earlier? {
                return Ok(Once::Replayed(answer));
            }
            let current = current?;
            if expected.as_ref().is_some_and(|versions| !versions.contains(&current.version)) {
                return Err(StoreError::VersionMismatch);
            }
            let now = self.clock().now();
            let write = self.prepare(id, patch, now, Some(vec![current.version]));
            let after = current.changed(patch, now).ok_or(StoreError::NotSolved)?;
            let mut transaction = Transaction::default();
            transaction.update(self, self.keys().conversation(id), write.update, &write.condition)?;
            if let Some(Placed::Apart(json)) = patch.metadata.as_ref().map(place) {
                self.put_detail(&mut transaction, id, json)?;
            }
            self.remember(&mut transaction, repeat, &after)?;
            if let Outcome::Committed = transaction.commit(self, &mut backoff).await? {
                return Ok(Once::Done(after));
            }
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("other writers were faster, again and again".to_owned()));
            }
        }
    }

    fn put_detail(&self, transaction: &mut Transaction, id: ConversationId, json: &str) -> Result<(), StoreError> {
        let detail = DetailItem { metadata: json.to_owned() };
        transaction.put(self, item::write(self.keys().conversation_detail(id), &detail)?, None).map(drop)
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
        self.put_detail(&mut transaction, id, metadata)?;
        match transaction.commit(self, &mut Backoff::new(self.clock())).await? {
            Outcome::Committed => {}
            Outcome::Refused(refusal) => {
                recognise(refusal.of(itself).and_then(Standing::item), attempt, expected.as_deref())?;
            }
        }
        self.get_conversation(id).await
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
