//! Several messages that are added at once: all of them or none.

use deskless_domain::{ConversationId, Existing, Message, MessageDraft, MessageId, MessageOrigin, Transition};
use futures_util::{StreamExt, stream};

use super::{
    claim::claimant,
    create::{CONTENT_EXPIRED, NextId, RecordedMessage},
};
use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    condition::Condition,
    content::{ContentObject, StoredMessage, head_of},
    conversation::{Session, attributes, session_conflict, unknown_session, without_session},
    expression::packed_id,
    idempotency::{Attempt, Attempts},
    item::{Item, string},
    packed::unpack,
    transaction::{FailedConditions, Transaction, WriteIndex},
};

/// The number of contents that are written to the bucket concurrently.
const CONCURRENCY: usize = 8;

/// A message to add, as its item has it.
#[derive(Debug)]
struct Prepared {
    draft: MessageDraft,
    object: Option<ContentObject>,
    /// The deleted message that had the same externalId.
    replaces: Option<MessageId>,
}

/// The writes of new messages.
struct Writes {
    conversation: WriteIndex,
    transition: Transition,
    session: Option<WriteIndex>,
    contents: Vec<WriteIndex>,
    claims: Vec<Option<WriteIndex>>,
}

impl TenantStore {
    /// The most messages that are added at once. With their contents and claims, they fit into one transaction.
    pub const MAX_MESSAGES_AT_ONCE: usize = 20;

    /// AP-150: adds messages to a thread in their order, in one transaction. The externalId of a deleted message can be used again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such conversation; [`StoreError::MessageIdTaken`] when another message has an
    /// externalId; [`StoreError::SessionKeyExists`] when a message would reopen the conversation beside another one with its
    /// sessionKey; [`StoreError::IdempotencyKeyReused`]; [`StoreError::OutcomeErased`] for a repeat of which a message was deleted;
    /// [`StoreError::Unavailable`] when other writers were faster for eight seconds. Nothing is written then.
    pub async fn create_messages(
        &self,
        conversation: ConversationId,
        drafts: Vec<MessageDraft>,
        key: Option<&IdempotencyKey>,
    ) -> Result<Once<Vec<Message>>, StoreError> {
        if drafts.is_empty() || drafts.len() > Self::MAX_MESSAGES_AT_ONCE {
            return Err(StoreError::Internal(format!("{} messages cannot be added at once", drafts.len())));
        }
        let objects = self.store_contents(&drafts).await?;
        let prepare = |(draft, object): (&MessageDraft, &Option<ContentObject>)| Prepared {
            draft: if object.is_some() { head_of(draft) } else { draft.clone() },
            object: *object,
            replaces: None,
        };
        let mut prepared: Vec<_> = drafts.iter().zip(&objects).map(prepare).collect();
        match self.add_all(conversation, &mut prepared, key).await {
            Ok(Once { outcome, is_replay: false }) => {
                let whole = |(added, draft): (RecordedMessage, MessageDraft)| Message { draft, ..added.message };
                Ok(Once::first(outcome.into_iter().zip(drafts).map(whole).collect()))
            }
            other => {
                for object in objects {
                    self.discard_content(object).await;
                }
                let mut messages = Vec::new();
                for RecordedMessage { message, object, .. } in other?.outcome {
                    let message = self.complete_message(StoredMessage { head: message, object }).await?;
                    messages.push(message.ok_or(StoreError::OutcomeErased)?);
                }
                Ok(Once::replay(messages))
            }
        }
    }

    /// AP-130: stores the contents that are too long for their items. If one fails, none is left behind.
    pub(crate) async fn store_contents(
        &self,
        drafts: &[MessageDraft],
    ) -> Result<Vec<Option<ContentObject>>, StoreError> {
        let store: Vec<_> = drafts.iter().map(|draft| self.store_content(draft)).collect();
        let stored: Vec<_> = stream::iter(store).buffered(CONCURRENCY).collect().await;
        if stored.iter().any(Result::is_err) {
            for object in stored.iter().flatten() {
                self.discard_content(*object).await;
            }
        }
        stored.into_iter().collect()
    }

    async fn add_all(
        &self,
        conversation: ConversationId,
        prepared: &mut [Prepared],
        key: Option<&IdempotencyKey>,
    ) -> Result<Once<Vec<RecordedMessage>>, StoreError> {
        let mut attempts = Attempts::new(self, key);
        let mut next = NextId::new(self);
        let mut session = None;
        loop {
            let messages = self.with_ids(conversation, prepared, next.id);
            let mut transaction = Transaction::default();
            let writes = self.add_writes(&mut transaction, prepared, &messages, session.as_ref())?;
            let record = |(message, prepared): (Message, &Prepared)| RecordedMessage::new(message, prepared.object);
            let added: Vec<_> = messages.into_iter().zip(prepared.iter()).map(record).collect();
            let failed = match attempts.commit(transaction, &added).await? {
                Attempt::Committed => return Ok(Once::first(added)),
                Attempt::Replayed(earlier) => return Ok(Once::replay(earlier)),
                Attempt::Failed(failed) => failed,
            };
            let is_stale = failed.at(writes.conversation);
            let existing = failed.existing(writes.conversation);
            if is_stale && !self.accepts(existing, None) {
                return Err(StoreError::NotFound);
            }
            if writes.contents.iter().any(|content| failed.at(*content)) {
                return Err(StoreError::Unavailable(CONTENT_EXPIRED.to_owned()));
            }
            let is_released = self.check_claims(conversation, prepared, &writes.claims, &failed).await?;
            if !is_stale && let Some(conflict) = session_conflict(writes.session, &failed) {
                return Err(conflict);
            }
            if is_stale {
                session = unknown_session(&writes.transition, existing).or(session);
                self.prepare_retry(&mut next, existing, &mut attempts.backoff).await?;
            } else if is_released {
                attempts.backoff.pause("other writers use the same ids").await?;
            } else {
                return Err(StoreError::Internal("an unknown condition failed for new messages".to_owned()));
            }
        }
    }

    /// Gives the messages ids that ascend from the first one.
    fn with_ids(&self, conversation: ConversationId, prepared: &[Prepared], first: MessageId) -> Vec<Message> {
        let mut id = first;
        let mut messages = Vec::with_capacity(prepared.len());
        for Prepared { draft, .. } in prepared {
            messages.push(draft.clone().into_message(conversation, id));
            id = MessageId::following(id, 0, self.clock());
        }
        messages
    }

    fn add_writes(
        &self,
        transaction: &mut Transaction,
        prepared: &[Prepared],
        messages: &[Message],
        session: Option<&Session>,
    ) -> Result<Writes, StoreError> {
        let nothing = || StoreError::Internal("there are no messages to add".to_owned());
        let first = messages.first().ok_or_else(nothing)?;
        let transition = Transition::of_messages(messages, MessageOrigin::Workspace).ok_or_else(nothing)?;
        let id = first.conversation_id;
        let (mut contents, mut claims) = (Vec::new(), Vec::new());
        for (message, Prepared { object, replaces, .. }) in messages.iter().zip(prepared) {
            transaction.put(self, self.message_item(message, object.as_ref())?, Condition::none())?;
            contents.extend(self.keep_content(transaction, object.as_ref())?);
            let is_free = match replaces {
                Some(deleted) => Condition::exists().equals("messageId", packed_id(*deleted)),
                None => Condition::absent(),
            };
            claims.push(self.claim_provider_id(transaction, message, is_free)?);
        }
        let (update, condition) = self.write_transition(id, &transition);
        let condition = condition.less_than(attributes::ORDER_MARK, packed_id(first.id));
        let (condition, session) = match session {
            Some(session) => self.move_session(transaction, id, session, &transition, condition)?,
            None => (without_session(&transition, condition), None),
        };
        let conversation = transaction.update(self, self.keys().conversation(id), update, condition)?;
        Ok(Writes { conversation, transition, session, contents, claims })
    }

    /// Checks the claims that failed. Returns whether there are some whose message was deleted, which the next attempt replaces.
    async fn check_claims(
        &self,
        conversation: ConversationId,
        prepared: &mut [Prepared],
        claims: &[Option<WriteIndex>],
        failed: &FailedConditions,
    ) -> Result<bool, StoreError> {
        let mut is_released = false;
        for (prepared, claim) in prepared.iter_mut().zip(claims) {
            let Some(claim) = claim.filter(|claim| failed.at(*claim)) else { continue };
            is_released = true;
            prepared.replaces = None;
            let Some(existing) = failed.existing(claim) else { continue };
            let holder = claimant(Some(existing))?;
            if self.get(self.keys().message(conversation, holder)).await?.is_some() {
                return Err(StoreError::MessageIdTaken(Some(Existing::Message(conversation, holder))));
            }
            prepared.replaces = Some(holder);
        }
        Ok(is_released)
    }

    /// Returns the message of a conversation that has an externalId. `None` if there is none, or it was deleted.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn find_message(
        &self,
        conversation: ConversationId,
        external_id: &deskless_domain::ExternalId,
    ) -> Result<Option<MessageId>, StoreError> {
        let claim: Option<Item> = self.get(self.keys().provider_message(conversation, external_id)).await?;
        Ok(claim.as_ref().and_then(|claim| string(claim, "messageId")).and_then(unpack))
    }
}
