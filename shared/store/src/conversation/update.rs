use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use deskless_domain::{AttemptId, Conversation, ConversationId, ConversationPatch, Metadata, Precondition, Transition};
use serde::{Serialize, de::DeserializeOwned};

use super::item::{MetadataStorage, StoredConversation, attributes, metadata_storage, unless_deleted};
use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    condition::Condition,
    error::{causes, is_transient},
    expression::{Update, packed_id},
    idempotency::{Attempt, Attempts},
    item::{Item, integer, string},
    packed::pack,
    transaction::{Commit, Transaction},
};

/// The write of a patch.
struct ConversationWrite {
    id: ConversationId,
    attempt: AttemptId,
    update: Update,
    condition: Condition,
    precondition: Precondition,
}

impl TenantStore {
    /// AP-11: updates a conversation in one round trip. Metadata of more than 1 KiB takes a transaction and a read.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`], [`StoreError::NotSolved`].
    pub async fn update_conversation(
        &self,
        id: ConversationId,
        patch: &ConversationPatch,
        precondition: &Precondition,
    ) -> Result<Conversation, StoreError> {
        let write = self.transition_write(id, &Transition::of_patch(patch, self.clock().now()), precondition.clone());
        match large(patch.metadata.as_ref()) {
            Some(json) => self.update_with_metadata(write, json).await,
            None => self.update_alone(write).await,
        }
    }

    /// AP-11: applies a transition to the conversation that was read in this version, and records the outcome under the
    /// idempotency key. Returns `None` if the conversation has changed since it was read: read it again and retry.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn update_conversation_once<T: Serialize + DeserializeOwned>(
        &self,
        read: &Conversation,
        transition: &Transition,
        outcome: T,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<Once<T>>, StoreError> {
        let write = self.transition_write(read.id, transition, Precondition::exactly(read.version));
        let mut transaction = Transaction::default();
        transaction.update(self, self.keys().conversation(read.id), write.update, write.condition)?;
        if let Some(json) = large(transition.metadata.as_ref()) {
            self.add_metadata(&mut transaction, read.id, json)?;
        }
        match Attempts::new(self, key).commit(transaction, &outcome).await? {
            Attempt::Committed => Ok(Some(Once::first(outcome))),
            Attempt::Replayed(earlier) => Ok(Some(Once::replay(earlier))),
            Attempt::Failed(_) => Ok(None),
        }
    }

    fn transition_write(
        &self,
        id: ConversationId,
        transition: &Transition,
        precondition: Precondition,
    ) -> ConversationWrite {
        let attempt = AttemptId::generate(self.clock());
        let (mut update, condition) = self.write_transition(id, transition);
        update.set(attributes::ATTEMPT, packed_id(attempt));
        // A retry after a lost response must fail, whatever was committed in between: written again, this patch would undo a
        // customer's reply that has reopened the conversation.
        let condition = condition.version(&precondition).differs(attributes::ATTEMPT, packed_id(attempt));
        ConversationWrite { id, attempt, update, condition, precondition }
    }

    async fn update_alone(&self, write: ConversationWrite) -> Result<Conversation, StoreError> {
        let ConversationWrite { id, attempt, update, condition, precondition } = write;
        let (expression, condition_expression) = (update.expression(), condition.expression());
        let (names, values) = condition.placeholders(update);
        let request = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(self.keys().conversation(id).attributes()))
            .update_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .set_condition_expression(condition_expression)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut backoff = self.backoff();
        let item = loop {
            let error = match request.clone().send().await {
                Ok(output) => break output.attributes.unwrap_or_default(),
                Err(error) => error,
            };
            if let Some(UpdateItemError::ConditionalCheckFailedException(failed)) = error.as_service_error() {
                break own_write(failed.item(), attempt, &precondition)?.clone();
            }
            if !is_transient(&error) {
                return Err(StoreError::from_sdk(&error));
            }
            backoff.pause(&causes(&error)).await?;
        };
        self.complete(StoredConversation::read(item)?.ok_or(StoreError::NotFound)?).await
    }

    async fn update_with_metadata(&self, write: ConversationWrite, json: &str) -> Result<Conversation, StoreError> {
        let ConversationWrite { id, attempt, update, condition, precondition } = write;
        let mut transaction = Transaction::default();
        let itself = transaction.update(self, self.keys().conversation(id), update, condition)?;
        self.add_metadata(&mut transaction, id, json)?;
        if let Commit::Failed(failed) = transaction.commit(self, &mut self.backoff()).await? {
            own_write(failed.existing(itself), attempt, &precondition)?;
        }
        self.get_conversation(id).await
    }
}

/// Returns metadata that is stored in a separate item.
fn large(metadata: Option<&Metadata>) -> Option<&str> {
    match metadata.map(metadata_storage)? {
        MetadataStorage::Separate(json) => Some(json),
        MetadataStorage::None | MetadataStorage::Inline(_) => None,
    }
}

/// Returns the existing item if this attempt wrote it and the response was lost.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::VersionMismatch`] or [`StoreError::NotSolved`]: the condition that failed.
fn own_write<'i>(
    existing: Option<&'i Item>,
    attempt: AttemptId,
    precondition: &Precondition,
) -> Result<&'i Item, StoreError> {
    let existing = unless_deleted(existing).ok_or(StoreError::NotFound)?;
    if string(existing, attributes::ATTEMPT) == Some(pack(attempt).as_str()) {
        return Ok(existing);
    }
    let version = integer(existing, attributes::VERSION).and_then(|version| u64::try_from(version).ok());
    precondition.check(version.unwrap_or_default())?;
    Err(StoreError::NotSolved)
}
