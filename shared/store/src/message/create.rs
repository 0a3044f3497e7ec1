use deskless_domain::{
    Cause, ConversationId, CustomerId, FileId, Message, MessageDraft, MessageId, MessageOrigin, Transition,
};
use serde::{Deserialize, Serialize};

use crate::{
    IdempotencyKey, Marked, Marker, Once, StoreError, TenantStore,
    backoff::Backoff,
    condition::Condition,
    content::{ContentObject, StoredMessage, head_of},
    conversation::{Session, attributes, session_conflict, unknown_session, unless_deleted, without_session},
    expression::{packed_id, text},
    idempotency::{Attempt, Attempts},
    item::{Item, string},
    packed::unpack,
    transaction::{Commit, Transaction, WriteIndex},
};

/// The number of retries without a pause after a lost race.
const RETRIES_WITHOUT_PAUSE: u32 = 3;

pub(super) const CONTENT_EXPIRED: &str = "the stored content of a message has expired before the message was written";

const OTHERS_WERE_FASTER: &str = "other writers were faster each time";

/// The outcome of adding a message, as it is recorded under an idempotency key: without the content of a long message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedMessage {
    pub(super) message: Message,
    is_new: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) object: Option<ContentObject>,
}

impl RecordedMessage {
    /// Returns the outcome for a new message.
    pub(super) fn new(message: Message, object: Option<ContentObject>) -> Self {
        Self { message, is_new: true, object }
    }
}

/// The outcome of adding a message.
#[derive(Debug, Clone, PartialEq)]
pub struct AddedMessage {
    /// The message.
    pub message: Message,
    /// Whether the message was created. If not, it is the existing message with this externalId.
    pub is_new: bool,
}

/// The id of the next attempt. Message ids sort in commit order: the conversation stores the newest one, and a message
/// whose id is not greater is retried with a new id after it.
pub(super) struct NextId {
    pub id: MessageId,
    tries: u32,
}

impl NextId {
    /// Returns the id of the first attempt.
    pub fn new(store: &TenantStore) -> Self {
        Self { id: MessageId::generate(store.clock()), tries: 0 }
    }
}

/// The writes of a new message.
struct NewMessage {
    conversation: WriteIndex,
    transition: Transition,
    /// The claim on the sessionKey of a conversation that the message reopens.
    session: Option<WriteIndex>,
}

impl TenantStore {
    /// AP-12, AP-13, AP-30: adds a message to a thread, in one round trip. With an owner, only to a conversation of that
    /// customer. A second message with the same externalId is not written.
    ///
    /// Nothing is read first: the condition checks that the conversation exists, the update reopens it without knowing its
    /// status, and the channel is part of the conversation's id. With an idempotency key, no earlier outcome is read first,
    /// because repeats are rare. DynamoDB bills the write units of a rejected transaction.
    ///
    /// `shared` are files of the conversation that the message shares with its customer, in the same transaction (AP-66). A file
    /// that is being deleted is not shared.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such conversation; [`StoreError::MessageDeleted`] when the message with
    /// this externalId was deleted; [`StoreError::SessionKeyExists`] when the message would reopen the conversation beside
    /// another one with its sessionKey; [`StoreError::IdempotencyKeyReused`]; [`StoreError::Unavailable`] when other writers
    /// were faster for eight seconds.
    pub async fn create_message(
        &self,
        conversation_id: ConversationId,
        owner: Option<&CustomerId>,
        draft: &MessageDraft,
        shared: Vec<FileId>,
        key: Option<&IdempotencyKey>,
    ) -> Result<Once<AddedMessage>, StoreError> {
        let Some(object) = self.store_content(draft).await? else {
            let added = self.add_to_thread(conversation_id, owner, draft, None, shared, key).await?;
            return self.complete_added(added).await;
        };
        let head = head_of(draft);
        let added = self.add_to_thread(conversation_id, owner, &head, Some(&object), shared, key).await;
        match added {
            Ok(Once { outcome: RecordedMessage { message, is_new: true, .. }, is_replay: false }) => {
                let message = Message { draft: draft.clone(), ..message };
                Ok(Once::first(AddedMessage { message, is_new: true }))
            }
            other => {
                self.discard_content(Some(object)).await;
                self.complete_added(other?).await
            }
        }
    }

    /// AP-131: reads the content of a long message that was added earlier.
    ///
    /// # Errors
    /// [`StoreError::OutcomeErased`] when the message was deleted.
    pub async fn complete_added(&self, added: Once<RecordedMessage>) -> Result<Once<AddedMessage>, StoreError> {
        let Once { outcome: RecordedMessage { message, is_new, object }, is_replay } = added;
        let message = self.complete_message(StoredMessage { head: message, object }).await?;
        let message = message.ok_or(StoreError::OutcomeErased)?;
        Ok(Once { outcome: AddedMessage { message, is_new }, is_replay })
    }

    async fn add_to_thread(
        &self,
        conversation_id: ConversationId,
        owner: Option<&CustomerId>,
        draft: &MessageDraft,
        object: Option<&ContentObject>,
        mut shared: Vec<FileId>,
        key: Option<&IdempotencyKey>,
    ) -> Result<Once<RecordedMessage>, StoreError> {
        // A transaction writes each item once.
        shared.sort_unstable();
        shared.dedup();
        let mut attempts = Attempts::new(self, key);
        let mut next = NextId::new(self);
        let mut session = None;
        loop {
            let message = draft.clone().into_message(conversation_id, next.id);
            let mut transaction = Transaction::default();
            let NewMessage { conversation, transition, session: reopened } =
                self.add_message(&mut transaction, (&message, object), owner, None, session.as_ref())?;
            let content = self.keep_content(&mut transaction, object)?;
            let claim = self.claim_provider_id(&mut transaction, &message, Condition::absent())?;
            let of_files =
                shared.iter().map(|id| self.add_share(&mut transaction, *id)).collect::<Result<Vec<_>, _>>()?;
            let added = RecordedMessage { message, is_new: true, object: object.copied() };
            let failed = match attempts.commit(transaction, &added).await? {
                Attempt::Committed => return Ok(Once::first(added)),
                Attempt::Replayed(earlier) => return Ok(Once::replay(earlier)),
                Attempt::Failed(failed) => failed,
            };
            if failed.at(conversation) && !self.accepts(failed.existing(conversation), owner) {
                return Err(StoreError::NotFound);
            }
            if let Some(claim) = claim.filter(|claim| failed.at(*claim)) {
                let StoredMessage { head: message, object } =
                    self.claimed_message(conversation_id, failed.existing(claim)).await?;
                return self.record_outcome(RecordedMessage { message, is_new: false, object }, key).await;
            }
            if content.is_some_and(|content| failed.at(content)) {
                return Err(StoreError::Unavailable(CONTENT_EXPIRED.to_owned()));
            }
            if let (false, Some(conflict)) = (failed.at(conversation), session_conflict(reopened, &failed)) {
                return Err(conflict);
            }
            let mut is_deleted = of_files.iter().map(|share| failed.at(*share));
            shared.retain(|_| !is_deleted.next().unwrap_or_default());
            if !failed.at(conversation) && shared.len() < of_files.len() {
                continue;
            }
            session = unknown_session(&transition, failed.existing(conversation)).or(session);
            self.prepare_retry(&mut next, failed.existing(conversation), &mut attempts.backoff).await?;
        }
    }

    /// AP-92: adds a message without an externalId to a thread, in one transaction with a marker. `cause` is the execution
    /// of an automation that writes it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such conversation; [`StoreError::Unavailable`] when other writers were
    /// faster for eight seconds.
    pub async fn create_marked_message(
        &self,
        conversation_id: ConversationId,
        draft: &MessageDraft,
        cause: &Cause,
        marker: &Marker,
    ) -> Result<Marked, StoreError> {
        let Some(object) = self.store_content(draft).await? else {
            return self.add_marked(conversation_id, (draft, None), cause, marker).await;
        };
        let written = self.add_marked(conversation_id, (&head_of(draft), Some(&object)), cause, marker).await;
        if !matches!(written, Ok(Marked::Written)) {
            self.discard_content(Some(object)).await;
        }
        written
    }

    async fn add_marked(
        &self,
        conversation_id: ConversationId,
        (draft, object): (&MessageDraft, Option<&ContentObject>),
        cause: &Cause,
        marker: &Marker,
    ) -> Result<Marked, StoreError> {
        let mut backoff = self.backoff();
        let mut next = NextId::new(self);
        loop {
            let message = draft.clone().into_message(conversation_id, next.id);
            let mut transaction = Transaction::default();
            // An automation writes no messages of customers, so it reopens nothing.
            let NewMessage { conversation, .. } =
                self.add_message(&mut transaction, (&message, object), None, Some(cause), None)?;
            let content = self.keep_content(&mut transaction, object)?;
            let marker_write = self.add_marker(&mut transaction, marker)?;
            let failed = match transaction.commit(self, &mut backoff).await? {
                Commit::Done => return Ok(Marked::Written),
                Commit::Failed(failed) => failed,
            };
            if failed.at(marker_write) {
                return Ok(Marked::AlreadyWritten);
            }
            let existing = failed.existing(conversation);
            if !self.accepts(existing, None) {
                return Err(StoreError::NotFound);
            }
            if content.is_some_and(|content| failed.at(content)) {
                return Err(StoreError::Unavailable(CONTENT_EXPIRED.to_owned()));
            }
            self.prepare_retry(&mut next, existing, &mut backoff).await?;
        }
    }

    /// Adds the message and the update of its conversation.
    fn add_message(
        &self,
        transaction: &mut Transaction,
        (message, object): (&Message, Option<&ContentObject>),
        owner: Option<&CustomerId>,
        cause: Option<&Cause>,
        session: Option<&Session>,
    ) -> Result<NewMessage, StoreError> {
        transaction.put(self, self.message_item(message, object)?, Condition::none())?;
        let origin = if owner.is_some() { MessageOrigin::Customer } else { MessageOrigin::Workspace };
        let transition = Transition::of_message(message, origin);
        let (mut update, condition) = self.write_transition(message.conversation_id, &transition);
        if let Some(cause) = cause {
            update.set(attributes::CAUSE, text(cause));
        }
        let mut condition = condition.less_than(attributes::ORDER_MARK, packed_id(message.id));
        if let Some(owner) = owner {
            condition = condition.equals(attributes::CUSTOMER_PARTITION, text(self.keys().by_customer(owner)));
        }
        let id = message.conversation_id;
        let (condition, session) = match session {
            Some(session) => self.move_session(transaction, id, session, &transition, condition)?,
            None => (without_session(&transition, condition), None),
        };
        let conversation = transaction.update(self, self.keys().conversation(id), update, condition)?;
        Ok(NewMessage { conversation, transition, session })
    }

    /// Returns whether a conversation exists and, with an owner, belongs to that customer.
    pub(super) fn accepts(&self, conversation: Option<&Item>, owner: Option<&CustomerId>) -> bool {
        unless_deleted(conversation).is_some_and(|item| owner.is_none_or(|owner| self.is_own(item, owner)))
    }

    /// Sets the id of the next attempt, after the newest message. The first retries follow without a pause, because a lost
    /// race means that another writer made progress. Further retries pause, so that many writers do not retry at the same
    /// time.
    pub(super) async fn prepare_retry(
        &self,
        next: &mut NextId,
        conversation: Option<&Item>,
        backoff: &mut Backoff<'_>,
    ) -> Result<(), StoreError> {
        let newest = conversation
            .and_then(|item| string(item, attributes::ORDER_MARK))
            .and_then(unpack)
            .ok_or_else(|| StoreError::Internal("a conversation's newest message id cannot be read".to_owned()))?;
        next.tries += 1;
        if next.tries > RETRIES_WITHOUT_PAUSE {
            backoff.pause(OTHERS_WERE_FASTER).await?;
        }
        backoff.check(OTHERS_WERE_FASTER)?;
        next.id = MessageId::following(newest, next.tries, self.clock());
        Ok(())
    }
}
