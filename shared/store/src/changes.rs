//! The change log: which conversations have changed, in the order in which the stream's consumer saw it.
//!
//! One entry names the conversations of one batch of stream records. An entry's id is generated directly before it is
//! written, so the log sorts by time. Readers see an entry [`SETTLED_SECONDS`] later, when no earlier one can appear any
//! more. A reader that keeps its position therefore misses nothing.

use std::collections::HashSet;

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{AttemptId, Conversation, ConversationId, MessageId, Timestamp};

use crate::{
    StoreError, TenantStore,
    condition::Condition,
    conversation::StoredConversation,
    expression::text,
    item::{self, Item, string},
    packed::{pack, unpack},
    transaction::Transaction,
};

/// How long an entry is kept: 31 days, a day longer than clients may reach back.
pub const KEPT_SECONDS: i64 = 31 * 24 * 60 * 60;
/// After this time, no entry with an earlier id appears any more: 20 s. A worker gives up on an entry after 8 s, and a
/// request that it has sent last ends within its timeout of 6 s. The rest is for clocks that differ.
pub const SETTLED_SECONDS: i64 = 20;
/// How far the clocks of two functions can differ, with a margin: 60 s.
const CLOCK_SKEW_SECONDS: i64 = 60;
/// The maximum number of entries that one page reads.
const MOST_ENTRIES: usize = 500;

/// The attribute with the ids, 16 bytes each.
const IDS: &str = "i";

/// A position in the change log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangePosition {
    /// The entry.
    pub entry: MessageId,
    /// The number of ids in it that were returned.
    pub returned: u32,
}

impl ChangePosition {
    /// Returns the position at which all changes after this time are.
    #[must_use]
    pub fn after(time: Timestamp) -> Self {
        Self { entry: MessageId::end_of(time.plus_seconds(-CLOCK_SKEW_SECONDS)), returned: u32::MAX }
    }
}

/// A page of conversations that have changed.
#[derive(Debug)]
pub struct ChangePage {
    /// The conversations as they are now, in the order of the log. Deleted ones are left out.
    pub conversations: Vec<Conversation>,
    /// The position of the next page. Always set, so that a client can continue later.
    pub next: ChangePosition,
    /// Whether there are more changes now.
    pub has_more: bool,
}

impl TenantStore {
    /// AP-67: records that conversations have changed. One write for each 4,000 ids.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn record_changes(&self, ids: &[ConversationId]) -> Result<(), StoreError> {
        let distinct: HashSet<_> = ids.iter().copied().collect();
        let distinct: Vec<_> = distinct.into_iter().collect();
        for ids in distinct.chunks(4_000) {
            let mut backoff = self.backoff();
            let now = self.clock().now();
            let mut entry: Item = self.keys().change_log_entry(AttemptId::generate(self.clock())).attributes();
            let bytes: Vec<u8> = ids.iter().flat_map(|id| *id.as_bytes()).collect();
            entry.insert(IDS.to_owned(), AttributeValue::B(bytes.into()));
            entry
                .insert("expiresAt".to_owned(), crate::expression::number(now.plus_seconds(KEPT_SECONDS).as_seconds()));
            entry.insert(item::FORMAT_ATTRIBUTE.to_owned(), crate::expression::number(item::FORMAT));
            let mut transaction = Transaction::default();
            transaction.put(self, entry, Condition::none())?;
            transaction.commit(self, &mut backoff).await?;
        }
        Ok(())
    }

    /// AP-68: reads the conversations that have changed after a position, as they are now. One query, then one
    /// `BatchGetItem` for the page. A conversation that changes again is returned again.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_changes(&self, after: ChangePosition, limit: usize) -> Result<ChangePage, StoreError> {
        let settled = MessageId::end_of(self.clock().now().plus_seconds(-SETTLED_SECONDS));
        if after.entry > settled {
            // DynamoDB rejects an empty range.
            return Ok(ChangePage { conversations: Vec::new(), next: after, has_more: false });
        }
        let output = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :settled")
            .expression_attribute_values(":pk", text(self.keys().change_log()))
            .expression_attribute_values(":from", text(pack(after.entry)))
            .expression_attribute_values(":settled", text(pack(settled)))
            .consistent_read(true)
            // Each entry has at least one id.
            .limit(i32::try_from((limit + 2).min(MOST_ENTRIES)).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        let mut has_more = output.last_evaluated_key.is_some();
        let mut seen = HashSet::new();
        let mut ids = Vec::new();
        let mut next = after;
        'entries: for found in output.items.unwrap_or_default() {
            let (entry, all) = read(&found)?;
            let skipped = if entry == after.entry { after.returned } else { 0 };
            for (index, id) in all.into_iter().enumerate().skip(skipped as usize) {
                if ids.len() == limit {
                    has_more = true;
                    break 'entries;
                }
                if seen.insert(id) {
                    ids.push(id);
                }
                next = ChangePosition { entry, returned: u32::try_from(index + 1).unwrap_or(u32::MAX) };
            }
        }
        if !has_more {
            // Everything up to this time was returned. The position moves on also if nothing changes for a long time.
            next = ChangePosition { entry: settled, returned: u32::MAX };
        }
        let conversations = self.conversations_in_order(&ids, true).await?;
        Ok(ChangePage { conversations, next, has_more })
    }

    /// Reads conversations by id, in this order. Those that do not exist are left out.
    pub(crate) async fn conversations_in_order(
        &self,
        ids: &[ConversationId],
        consistent: bool,
    ) -> Result<Vec<Conversation>, StoreError> {
        let stored = self.stored_in_order(ids, consistent).await?;
        self.complete_all(stored).await
    }

    /// Reads conversations as [`Self::conversations_in_order`], without large metadata.
    pub(crate) async fn stored_in_order(
        &self,
        ids: &[ConversationId],
        consistent: bool,
    ) -> Result<Vec<StoredConversation>, StoreError> {
        let mut stored: Vec<StoredConversation> = Vec::with_capacity(ids.len());
        for ids in ids.chunks(100) {
            let items = self.get_all(ids.iter().map(|&id| self.keys().conversation(id)).collect(), consistent).await?;
            for found in items {
                stored.extend(StoredConversation::read(found)?);
            }
        }
        let position: std::collections::HashMap<_, _> =
            ids.iter().enumerate().map(|(index, id)| (*id, index)).collect();
        stored.sort_by_key(|stored| position.get(&stored.conversation.id).copied());
        Ok(stored)
    }
}

fn read(entry: &Item) -> Result<(MessageId, Vec<ConversationId>), StoreError> {
    let corrupt = || StoreError::Internal("an entry of the change log cannot be read".to_owned());
    let id = string(entry, "sk").and_then(unpack).ok_or_else(corrupt)?;
    let bytes = entry.get(IDS).and_then(|ids| ids.as_b().ok()).ok_or_else(corrupt)?;
    let (ids, rest) = bytes.as_ref().as_chunks::<16>();
    if !rest.is_empty() {
        return Err(corrupt());
    }
    Ok((id, ids.iter().map(|&bytes| ConversationId::from_bytes(bytes)).collect()))
}
