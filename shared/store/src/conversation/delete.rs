use deskless_domain::{
    AttemptId, AuditAction, AuditEvent, Conversation, ConversationId, DeletionReason, ExternalId, MessageId,
    Precondition,
};

use super::{
    item::{attributes, live, unless_deleted},
    session::Session,
};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, packed_id, text},
    item::{Item, integer, string},
    packed::pack,
    timer::clear_due,
    transaction::{Commit, Transaction, WriteIndex},
};

/// The attributes that a deletion removes from a conversation's item: all content, all personal data, and the keys of the
/// customer, assignee and creation indexes.
const REMOVED: [&str; 13] = [
    attributes::DELETED_MESSAGE,
    attributes::SUBJECT,
    attributes::CUSTOMER,
    attributes::EXTERNAL_ID,
    attributes::SESSION_KEY,
    attributes::TAGS,
    attributes::METADATA,
    attributes::PREVIEW,
    attributes::PREVIEW_MESSAGE_ID,
    attributes::CUSTOMER_PARTITION,
    attributes::ASSIGNEE_PARTITION,
    attributes::CREATION_PARTITION,
    attributes::ASSIGNEE_ID,
];

/// What a deletion needs to know of a conversation.
#[derive(Debug)]
pub(crate) struct DeletedConversation {
    id: ConversationId,
    number: u64,
    external_id: Option<ExternalId>,
    session: Option<Session>,
}

impl From<&Conversation> for DeletedConversation {
    fn from(conversation: &Conversation) -> Self {
        Self {
            id: conversation.id,
            number: conversation.number,
            external_id: conversation.external_id.clone(),
            session: Session::of(conversation),
        }
    }
}

impl DeletedConversation {
    /// Reads only these attributes, so that a conversation with others that cannot be read can be deleted too.
    fn of_item(id: ConversationId, item: &Item) -> Self {
        let number = integer(item, attributes::NUMBER).and_then(|number| u64::try_from(number).ok());
        let external_id = string(item, attributes::EXTERNAL_ID);
        Self {
            id,
            number: number.unwrap_or_default(),
            external_id: external_id.and_then(|id| ExternalId::parse(id.to_owned()).ok()),
            session: Session::of_item(item),
        }
    }
}

fn version(item: &Item) -> u64 {
    integer(item, attributes::VERSION).and_then(|version| u64::try_from(version).ok()).unwrap_or_default()
}

impl TenantStore {
    /// AP-15: deletes a conversation. It disappears from every list at once, and its externalId is released. Its messages
    /// and other items are removed in the background, triggered by the table's stream (AP-94, AP-40).
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also for a deleted conversation; [`StoreError::VersionMismatch`].
    pub async fn delete_conversation(
        &self,
        id: ConversationId,
        reason: Option<&DeletionReason>,
        precondition: &Precondition,
    ) -> Result<(), StoreError> {
        let attempt = AttemptId::generate(self.clock());
        let mut backoff = self.backoff();
        let mut stored = self.get(self.keys().conversation(id)).await?.ok_or(StoreError::NotFound)?;
        loop {
            let known = unless_deleted(Some(&stored)).ok_or(StoreError::NotFound)?;
            precondition.check(version(known))?;
            let known = DeletedConversation::of_item(id, known);
            let mut transaction = Transaction::default();
            let itself = self.add_deletion(&mut transaction, &known, attempt, precondition, reason, None)?;
            let failed = match transaction.commit(self, &mut backoff).await? {
                Commit::Done => return Ok(()),
                Commit::Failed(failed) => failed,
            };
            if !failed.at(itself) {
                let text = "the externalId or the sessionKey belongs to another conversation";
                return Err(StoreError::Internal(text.to_owned()));
            }
            let existing = failed.existing(itself).ok_or(StoreError::NotFound)?;
            if string(existing, attributes::ATTEMPT) == Some(pack(attempt).as_str()) {
                return Ok(());
            }
            // The status or the inbox has changed since it was read, and with it the claim on the sessionKey.
            stored = existing.clone();
            backoff.pause("the conversation keeps changing").await?;
        }
    }

    /// Adds the writes of a deletion: the tombstone, the released externalId and the entry of the audit log. A conversation's number
    /// and externalId never change, so these writes are still correct if it was updated since it was read. Its claim on a
    /// sessionKey follows the status and the inbox, which must be the same. The version is
    /// incremented, so that the deletion is the last change for consumers of the stream.
    pub(crate) fn add_deletion(
        &self,
        transaction: &mut Transaction,
        conversation: &DeletedConversation,
        attempt: AttemptId,
        precondition: &Precondition,
        reason: Option<&DeletionReason>,
        cause: Option<&deskless_domain::Cause>,
    ) -> Result<WriteIndex, StoreError> {
        let id = conversation.id;
        let now = self.clock().now();
        let mut update = Update::default();
        update.set(attributes::STATUS_PARTITION, text(self.keys().tombstones()));
        // Tombstones are listed by the time of the deletion.
        update.set(attributes::ACTIVITY, packed_id(MessageId::generate(self.clock())));
        update.set(attributes::ATTEMPT, packed_id(attempt));
        update.set(attributes::DELETED_AT, number(now.as_millis()));
        update.add(attributes::VERSION, 1);
        update.set(attributes::ACTOR, text(self.actor_text()));
        for attribute in REMOVED {
            update.remove(attribute);
        }
        clear_due(&mut update);
        if let Some(cause) = cause {
            update.set(attributes::CAUSE, text(cause));
        }
        let mut condition = live().version(precondition);
        if let Some(session) = &conversation.session {
            condition = session.unchanged(condition);
        }
        let itself = transaction.update(self, self.keys().conversation(id), update, condition)?;
        if let Some(external_id) = &conversation.external_id {
            let mut is_own = Condition::none();
            let owner = is_own.value(packed_id(id));
            let is_own = is_own.and(format!("(attribute_not_exists(pk) OR conversationId = {owner})"));
            transaction.delete(self, self.keys().external_id(external_id), is_own)?;
        }
        if let Some(session) = &conversation.session {
            self.release_session(transaction, id, session)?;
        }
        let event = AuditEvent {
            number: Some(conversation.number),
            reason: reason.cloned(),
            ..AuditEvent::new(AuditAction::ConversationDeleted, id)
        };
        self.add_audit_entry(transaction, event)?;
        Ok(itself)
    }
}
