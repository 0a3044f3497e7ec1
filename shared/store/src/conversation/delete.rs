use deskless_domain::{
    AttemptId, Conversation, ConversationId, DeletionReason, ExternalId, KeyId, MessageId, Precondition,
};
use serde::Serialize;

use super::item::{attributes, live, unless_deleted};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, packed_id, text},
    item::{self, Item, integer, string},
    packed::pack,
    transaction::{Commit, Transaction, WriteIndex},
};

/// How long the audit record of a deletion is stored: 90 days.
const AUDIT_TTL_SECONDS: i64 = 90 * 24 * 60 * 60;

/// The attributes that a deletion removes from a conversation's item: all content, all personal data, and the keys of the
/// customer, assignee and creation indexes.
const REMOVED: [&str; 12] = [
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

/// Who deletes a conversation, and why.
#[derive(Debug, Clone)]
pub struct Deletion {
    /// The reason.
    pub reason: Option<DeletionReason>,
    /// The API key; `None` when the deletion is part of a customer's erasure or of an automation.
    pub key: Option<KeyId>,
}

/// What a deletion needs to know of a conversation.
#[derive(Debug)]
pub(crate) struct DeletedConversation {
    id: ConversationId,
    number: u64,
    external_id: Option<ExternalId>,
}

impl From<&Conversation> for DeletedConversation {
    fn from(conversation: &Conversation) -> Self {
        Self { id: conversation.id, number: conversation.number, external_id: conversation.external_id.clone() }
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
        }
    }
}

fn version(item: &Item) -> u64 {
    integer(item, attributes::VERSION).and_then(|version| u64::try_from(version).ok()).unwrap_or_default()
}

/// The audit record of a deletion.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AuditItem<'a> {
    conversation_id: ConversationId,
    number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a DeletionReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<KeyId>,
    deleted_at: i64,
    expires_at: i64,
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
        deletion: &Deletion,
        precondition: &Precondition,
    ) -> Result<(), StoreError> {
        let attempt = AttemptId::generate(self.clock());
        let stored = self.get(self.keys().conversation(id)).await?;
        let stored = unless_deleted(stored.as_ref()).ok_or(StoreError::NotFound)?;
        precondition.check(version(stored))?;
        let stored = DeletedConversation::of_item(id, stored);
        let mut transaction = Transaction::default();
        let itself = self.add_deletion(&mut transaction, &stored, attempt, precondition, deletion, None)?;
        let failed = match transaction.commit(self, &mut self.backoff()).await? {
            Commit::Done => return Ok(()),
            Commit::Failed(failed) => failed,
        };
        if !failed.at(itself) {
            return Err(StoreError::Internal("the externalId belongs to another conversation".to_owned()));
        }
        let existing = failed.existing(itself).ok_or(StoreError::NotFound)?;
        if string(existing, attributes::ATTEMPT) == Some(pack(attempt).as_str()) {
            return Ok(());
        }
        let existing = unless_deleted(Some(existing)).ok_or(StoreError::NotFound)?;
        precondition.check(version(existing))?;
        Err(StoreError::Unavailable("the conversation keeps changing".to_owned()))
    }

    /// Adds the writes of a deletion: the tombstone, the released externalId and the audit record. A conversation's number
    /// and externalId never change, so these writes are still correct if it was updated since it was read. The version is
    /// incremented, so that the deletion is the last change for consumers of the stream.
    pub(crate) fn add_deletion(
        &self,
        transaction: &mut Transaction,
        conversation: &DeletedConversation,
        attempt: AttemptId,
        precondition: &Precondition,
        deletion: &Deletion,
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
        for attribute in REMOVED {
            update.remove(attribute);
        }
        if let Some(cause) = cause {
            update.set(attributes::CAUSE, text(cause));
        }
        let condition = live().version(precondition);
        let itself = transaction.update(self, self.keys().conversation(id), update, condition)?;
        if let Some(external_id) = &conversation.external_id {
            let mut is_own = Condition::none();
            let owner = is_own.value(packed_id(id));
            let is_own = is_own.and(format!("(attribute_not_exists(pk) OR conversationId = {owner})"));
            transaction.delete(self, self.keys().external_id(external_id), is_own)?;
        }
        transaction.put(self, self.audit_item(conversation, deletion)?, Condition::none())?;
        Ok(itself)
    }

    fn audit_item(&self, conversation: &DeletedConversation, deletion: &Deletion) -> Result<Item, StoreError> {
        let now = self.clock().now();
        let record = AuditItem {
            conversation_id: conversation.id,
            number: conversation.number,
            reason: deletion.reason.as_ref(),
            key_id: deletion.key,
            deleted_at: now.as_millis(),
            expires_at: now.plus_seconds(AUDIT_TTL_SECONDS).as_seconds(),
        };
        item::write(self.keys().audit(MessageId::generate(self.clock())), &record)
    }
}
