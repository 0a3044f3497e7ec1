use deskless_domain::{AttemptId, ConversationId, DeletionReason, KeyId, MessageId};
use serde::Serialize;

use super::item::{LIVE, attributes};
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    expression::{Update, number, text},
    item::{self, Item, integer, string},
    keys::external_id_of,
    transaction::{Outcome, Slot, Standing, Transaction},
};

/// For how long it is kept who deleted what.
const AUDITED_FOR_SECONDS: i64 = 90 * 24 * 60 * 60;

/// What a tombstone does not need any more: what people wrote and who they are goes at once.
const FORGOTTEN: [&str; 11] = [
    "subject",
    "customer",
    "externalId",
    "sessionKey",
    "tags",
    attributes::METADATA,
    attributes::PREVIEW,
    attributes::PREVIEW_MESSAGE_ID,
    // It stands in no index but that of tombstones.
    attributes::CUSTOMER_PARTITION,
    attributes::ASSIGNEE_PARTITION,
    attributes::ASSIGNEE_ID,
];

/// Who deletes a conversation, and why.
#[derive(Debug, Clone)]
pub struct Deletion {
    /// Why, if it was said.
    pub reason: Option<DeletionReason>,
    /// With which key; `None` where nobody asked for this conversation by itself: its customer is erased, or an automation
    /// runs.
    pub key: Option<KeyId>,
}

/// What is kept of a deletion.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AuditItem<'a> {
    conversation_id: ConversationId,
    number: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a DeletionReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_id: Option<KeyId>,
    deleted_at: i64,
    expires_at: i64,
}

impl TenantStore {
    /// AP-15: deletes a conversation: from here on it is not there, in no list, and its externalId is free. What lies
    /// under it is removed by [`TenantStore::purge_step`], which the table's stream calls.
    ///
    /// `expected` holds the versions under which the caller wants this; `None` means any.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], also when it was deleted before; [`StoreError::VersionMismatch`].
    pub async fn delete_conversation(
        &self,
        id: ConversationId,
        deletion: &Deletion,
        expected: Option<&[u64]>,
    ) -> Result<(), StoreError> {
        let attempt = AttemptId::generate(self.clock());
        let stored = self.get(self.keys().conversation(id)).await?.ok_or(StoreError::NotFound)?;
        check(Some(&stored), expected)?;
        let mut transaction = Transaction::default();
        let (update, condition) = self.tombstone(attempt, expected);
        let itself = self.bury_under(&mut transaction, id, &stored, (update, condition), deletion)?;
        let refusal = match transaction.commit(self, &mut Backoff::new(self.clock())).await? {
            Outcome::Committed => return Ok(()),
            Outcome::Refused(refusal) => refusal,
        };
        let Some(standing) = refusal.of(itself).map(Standing::item) else {
            return Err(StoreError::Internal("an externalId belongs to another conversation".to_owned()));
        };
        let attempted = standing.and_then(|item| string(item, attributes::ATTEMPT));
        if attempted == Some(attempt.to_string().as_str()) {
            return Ok(());
        }
        check(standing, expected)?;
        Err(StoreError::Unavailable("the conversation keeps changing".to_owned()))
    }

    /// Adds what is written when a conversation is deleted that was read: the tombstone, its externalId that is free, and the
    /// audit's row. Neither number nor externalId ever changes, so it does not matter what else does in between.
    pub(super) fn bury_under(
        &self,
        transaction: &mut Transaction,
        id: ConversationId,
        stored: &Item,
        (tombstone, condition): (Update, String),
        deletion: &Deletion,
    ) -> Result<Slot, StoreError> {
        let itself = transaction.update(self, self.keys().conversation(id), tombstone, &condition)?;
        if let Some(key) = string(stored, "externalId").map(|text| external_id_of(self.keys(), text)) {
            let mut terms = Update::default();
            let ours = terms.value("id", text(id));
            let condition = format!("attribute_not_exists(pk) OR conversationId = {ours}");
            transaction.delete(self, key, terms, &condition)?;
        }
        let number = integer(stored, "number").unwrap_or_default();
        transaction.put(self, self.audit_item(id, number, deletion)?, None)?;
        Ok(itself)
    }

    /// What makes a tombstone of a conversation. Its version rises, so that counters see the last change as such.
    pub(super) fn tombstone(&self, attempt: AttemptId, expected: Option<&[u64]>) -> (Update, String) {
        let now = self.clock().now();
        let mut update = Update::default();
        update.set(attributes::STATUS_PARTITION, text(self.keys().tombstones()));
        // Among tombstones it stands by when it was deleted.
        update.set(attributes::ACTIVITY, text(MessageId::generate(self.clock())));
        update.set(attributes::ATTEMPT, text(attempt));
        update.set(attributes::DELETED_AT, number(now.as_millis()));
        update.set(attributes::PURGED, number(0));
        update.add(attributes::VERSION, 1);
        for attribute in FORGOTTEN {
            update.remove(attribute);
        }
        let mut condition = LIVE.to_owned();
        if let Some(versions) = expected {
            let versions: Vec<_> = versions
                .iter()
                .enumerate()
                .map(|(i, version)| update.value(&format!("expected{i}"), number(version)))
                .collect();
            condition = format!("{condition} AND #version IN ({})", versions.join(", "));
        }
        (update, condition)
    }

    fn audit_item(&self, id: ConversationId, number: i64, deletion: &Deletion) -> Result<Item, StoreError> {
        let now = self.clock().now();
        let row = AuditItem {
            conversation_id: id,
            number,
            reason: deletion.reason.as_ref(),
            key_id: deletion.key,
            deleted_at: now.as_millis(),
            expires_at: now.plus_seconds(AUDITED_FOR_SECONDS).as_seconds(),
        };
        item::write(self.keys().audit(MessageId::generate(self.clock())), &row)
    }
}

/// Whether what stands there may be deleted.
fn check(stored: Option<&Item>, expected: Option<&[u64]>) -> Result<(), StoreError> {
    let stored = stored.filter(|item| !item.contains_key(attributes::DELETED_AT)).ok_or(StoreError::NotFound)?;
    let version = integer(stored, attributes::VERSION).and_then(|version| u64::try_from(version).ok());
    match (expected, version) {
        (Some(expected), Some(version)) if !expected.contains(&version) => Err(StoreError::VersionMismatch),
        _ => Ok(()),
    }
}
