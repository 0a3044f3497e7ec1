use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use deskless_domain::{AttemptId, Conversation, ConversationId, ConversationPatch, Metadata, Precondition, Transition};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    item::{MetadataStorage, StoredConversation, attributes, metadata_storage, unless_deleted},
    session::{Session, session_conflict, unknown_session, without_session},
};
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

/// The result of an update.
enum Updated {
    Done(Box<Conversation>),
    /// The conversation has a sessionKey, and this status and inbox. Nothing was written.
    HasSession(Session),
}

/// The write of a patch.
#[derive(Clone)]
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
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`], [`StoreError::NotSolved`], [`StoreError::SessionKeyExists`].
    pub async fn update_conversation(
        &self,
        id: ConversationId,
        patch: &ConversationPatch,
        precondition: &Precondition,
    ) -> Result<Conversation, StoreError> {
        let transition = Transition::of_patch(patch, self.clock().now());
        let write = self.transition_write(id, &transition, precondition.clone());
        let mut guarded = write.clone();
        guarded.condition = without_session(&transition, guarded.condition);
        let json = large(patch.metadata.as_ref());
        let updated = match json {
            Some(_) => self.update_with_others(guarded, json, &transition, None).await?,
            None => self.update_alone(guarded, &transition).await?,
        };
        match updated {
            Updated::Done(conversation) => Ok(*conversation),
            Updated::HasSession(session) => self.update_with_session(write, json, &transition, session).await,
        }
    }

    /// Updates a conversation with a sessionKey, whose claim follows its status and inbox.
    async fn update_with_session(
        &self,
        write: ConversationWrite,
        json: Option<&str>,
        transition: &Transition,
        mut session: Session,
    ) -> Result<Conversation, StoreError> {
        let mut backoff = self.backoff();
        loop {
            match self.update_with_others(write.clone(), json, transition, Some(&session)).await? {
                Updated::Done(conversation) => return Ok(*conversation),
                Updated::HasSession(current) => session = current,
            }
            backoff.pause("the conversation keeps changing").await?;
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
        let (mut condition, mut claim) = (write.condition, None);
        if let Some(session) = Session::of(read) {
            (condition, claim) = self.move_session(&mut transaction, read.id, &session, transition, condition)?;
        }
        let itself = transaction.update(self, self.keys().conversation(read.id), write.update, condition)?;
        if let Some(json) = large(transition.metadata.as_ref()) {
            self.add_metadata(&mut transaction, read.id, json)?;
        }
        match Attempts::new(self, key).commit(transaction, &outcome).await? {
            Attempt::Committed => Ok(Some(Once::first(outcome))),
            Attempt::Replayed(earlier) => Ok(Some(Once::replay(earlier))),
            Attempt::Failed(failed) if failed.at(itself) => Ok(None),
            Attempt::Failed(failed) => session_conflict(claim, &failed).map_or(Ok(None), Err),
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

    async fn update_alone(&self, write: ConversationWrite, transition: &Transition) -> Result<Updated, StoreError> {
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
                match (own_write(failed.item(), attempt, &precondition), unknown_session(transition, failed.item())) {
                    (Ok(item), _) => break item.clone(),
                    (Err(StoreError::NotSolved), Some(session)) => return Ok(Updated::HasSession(session)),
                    (Err(error), _) => return Err(error),
                }
            }
            if !is_transient(&error) {
                return Err(StoreError::from_sdk(&error));
            }
            backoff.pause(&causes(&error)).await?;
        };
        let stored = StoredConversation::read(item)?.ok_or(StoreError::NotFound)?;
        Ok(Updated::Done(Box::new(self.complete(stored).await?)))
    }

    /// Updates a conversation together with its large metadata or its claim on a sessionKey.
    async fn update_with_others(
        &self,
        write: ConversationWrite,
        json: Option<&str>,
        transition: &Transition,
        session: Option<&Session>,
    ) -> Result<Updated, StoreError> {
        let ConversationWrite { id, attempt, update, mut condition, precondition } = write;
        let mut transaction = Transaction::default();
        let mut claim = None;
        if let Some(session) = session {
            (condition, claim) = self.move_session(&mut transaction, id, session, transition, condition)?;
        }
        let itself = transaction.update(self, self.keys().conversation(id), update, condition)?;
        if let Some(json) = json {
            self.add_metadata(&mut transaction, id, json)?;
        }
        if let Commit::Failed(failed) = transaction.commit(self, &mut self.backoff()).await? {
            if !failed.at(itself) {
                let unknown = || StoreError::Internal("an unknown condition failed for a conversation".to_owned());
                return Err(session_conflict(claim, &failed).unwrap_or_else(unknown));
            }
            let existing = failed.existing(itself);
            let current = unknown_session(transition, existing).filter(|current| session != Some(current));
            match (own_write(existing, attempt, &precondition), current) {
                (Ok(_), _) => {}
                (Err(StoreError::NotSolved), Some(current)) => return Ok(Updated::HasSession(current)),
                (Err(error), _) => return Err(error),
            }
        }
        Ok(Updated::Done(Box::new(self.get_conversation(id).await?)))
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
