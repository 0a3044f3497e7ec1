//! Lists conversations by creation, an order that nothing changes.

use std::cmp::Reverse;

use deskless_domain::{Conversation, ConversationFilter, ConversationId, MessageId, Order, Timestamp};
use futures_util::future::try_join_all;

use crate::{
    StoreError, TenantStore,
    expression::text,
    item::string,
    keys::{BY_CREATION, conversation_of},
};

/// The maximum number of consecutive rounds for one page, if conversations do not match. Each round reads one batch.
const MAX_ROUNDS: usize = 10;
/// The maximum number of conversations in one batch: the maximum of a `BatchGetItem`.
const MAX_BATCH: usize = 100;

/// One page of the list by creation.
#[derive(Debug)]
pub struct CreationPage {
    /// The conversations, in order.
    pub conversations: Vec<Conversation>,
    /// The last conversation that was evaluated; `None` on the last page.
    pub next: Option<ConversationId>,
}

/// The part of the list to read: conversations created at or after `after`, and before `before`.
#[derive(Debug, Clone, Copy)]
struct Window {
    order: Order,
    after: Option<Timestamp>,
    before: Option<Timestamp>,
    reached: Option<ConversationId>,
}

impl TenantStore {
    /// AP-78: lists the conversations that match all `filters`, by creation. Messages and updates do not move a conversation
    /// in this order, so a walk over all pages returns each conversation that exists throughout.
    ///
    /// The index has only keys. Each round queries it and reads the conversations with one `BatchGetItem`: half a read unit
    /// for each. Times of creation bound the query. The other filters are evaluated afterwards. A page ends at `limit`
    /// conversations or after ten rounds, so it can be short or even empty and still have a next page.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_conversations_by_creation(
        &self,
        filters: &[ConversationFilter],
        order: Order,
        reached: Option<ConversationId>,
        limit: usize,
    ) -> Result<CreationPage, StoreError> {
        let Some(filters) = self.resolve_emails(filters).await? else {
            return Ok(CreationPage { conversations: Vec::new(), next: None });
        };
        let now = self.clock().now();
        let mut window = Window {
            order,
            after: filters.iter().filter_map(|filter| filter.filter.created_after).max(),
            before: filters.iter().filter_map(|filter| filter.filter.created_before).min(),
            reached,
        };
        let mut conversations = Vec::new();
        let mut evaluated = 0;
        for _ in 0..MAX_ROUNDS {
            // One more than the limit shows whether there is another page.
            let missing = limit + 1 - conversations.len();
            let batch = if evaluated == 0 { missing } else { missing * evaluated / conversations.len().max(1) };
            let ids = self.ids_by_creation(window, batch.clamp(missing.min(MAX_BATCH), MAX_BATCH)).await?;
            let Some(&last) = ids.last() else {
                return Ok(CreationPage { conversations, next: None });
            };
            evaluated += ids.len();
            self.work().read(ids.len());
            let found = self.conversations_in_order(&ids, false).await?;
            conversations
                .extend(found.into_iter().filter(|found| filters.iter().all(|filter| filter.matches(found, now))));
            window.reached = Some(last);
            if conversations.len() > limit {
                conversations.truncate(limit);
                let next = conversations.last().map(|conversation| conversation.id);
                return Ok(CreationPage { conversations, next });
            }
        }
        Ok(CreationPage { conversations, next: window.reached })
    }

    /// Reads the next ids of the window, at most `limit`, from all partitions of the index.
    async fn ids_by_creation(&self, window: Window, limit: usize) -> Result<Vec<ConversationId>, StoreError> {
        let Some((from, to)) = self.range(window) else { return Ok(Vec::new()) };
        let partitions = self.creation_partitions().map(|partition| {
            let request = self
                .client()
                .query()
                .table_name(self.table())
                .index_name(BY_CREATION.name)
                .key_condition_expression("#partition = :partition AND pk BETWEEN :from AND :to")
                .expression_attribute_names("#partition", BY_CREATION.partition)
                .expression_attribute_values(":partition", text(partition))
                .expression_attribute_values(":from", text(&from))
                .expression_attribute_values(":to", text(&to))
                .scan_index_forward(window.order == Order::Asc)
                .limit(i32::try_from(limit).unwrap_or(i32::MAX));
            async move { request.send().await.map_err(|e| StoreError::from_sdk(&e)) }
        });
        let mut ids = Vec::new();
        for output in try_join_all(partitions).await? {
            let found = output.items.unwrap_or_default();
            ids.extend(found.iter().filter_map(|found| string(found, "pk").and_then(conversation_of)));
        }
        match window.order {
            Order::Asc => ids.sort_unstable(),
            Order::Desc => ids.sort_unstable_by_key(|&id| Reverse(id)),
        }
        ids.truncate(limit);
        Ok(ids)
    }

    /// Returns the inclusive range of partition keys to read; `None` if it is empty.
    fn range(&self, Window { order, after, before, reached }: Window) -> Option<(String, String)> {
        let key = |id: MessageId| self.keys().conversation(ConversationId::from_bytes(*id.as_bytes())).pk;
        // '!' sorts before every character of an id, so this text sorts directly after the id.
        let following = |id: MessageId| format!("{}!", key(id));
        let mut from = after.map_or_else(|| key(MessageId::FIRST), |time| following(MessageId::before(time)));
        let mut to = key(before.map_or(MessageId::LAST, MessageId::before));
        if let Some(reached) = reached.map(MessageId::from) {
            match order {
                Order::Asc => from = from.max(following(reached)),
                Order::Desc => to = to.min(key(reached.preceding())),
            }
        }
        (from <= to).then_some((from, to))
    }
}
