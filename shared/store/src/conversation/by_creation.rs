//! Lists conversations by creation, an order that nothing changes.

use std::cmp::Reverse;

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use deskless_domain::{Conversation, ConversationFilter, ConversationId, MessageId, Order, ResolvedFilter, Timestamp};
use futures_util::future::try_join_all;

use crate::{
    StoreError, TenantStore,
    expression::text,
    item::{Item, string},
    keys::{BY_CREATION, conversation_of},
    scan::Rows,
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
        let keys = CreationRows::new(self, &filters, order);
        let mut reached = reached;
        let mut conversations = Vec::new();
        let mut evaluated = 0;
        for _ in 0..MAX_ROUNDS {
            // One more than the limit shows whether there is another page.
            let missing = limit + 1 - conversations.len();
            let batch = if evaluated == 0 { missing } else { missing * evaluated / conversations.len().max(1) };
            let ids = keys.ids_after(reached, batch.clamp(missing.min(MAX_BATCH), MAX_BATCH)).await?;
            let Some(&last) = ids.last() else {
                return Ok(CreationPage { conversations, next: None });
            };
            evaluated += ids.len();
            self.work().read(ids.len());
            let found = self.conversations_in_order(&ids, false).await?;
            conversations
                .extend(found.into_iter().filter(|found| filters.iter().all(|filter| filter.matches(found, now))));
            reached = Some(last);
            if conversations.len() > limit {
                conversations.truncate(limit);
                let next = conversations.last().map(|conversation| conversation.id);
                return Ok(CreationPage { conversations, next });
            }
        }
        Ok(CreationPage { conversations, next: reached })
    }
}

/// The keys of conversations by creation, created in the time that filters allow.
pub(super) struct CreationRows<'a> {
    store: &'a TenantStore,
    partitions: Vec<String>,
    window: Window,
}

impl<'a> CreationRows<'a> {
    pub fn new(store: &'a TenantStore, filters: &[ResolvedFilter], order: Order) -> Self {
        let window = Window {
            order,
            after: filters.iter().filter_map(|filter| filter.filter.created_after).max(),
            before: filters.iter().filter_map(|filter| filter.filter.created_before).min(),
        };
        Self { store, partitions: store.creation_partitions().collect(), window }
    }

    /// Reads the next ids, at most `limit`, from all partitions of the index.
    pub async fn ids_after(
        &self,
        reached: Option<ConversationId>,
        limit: usize,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let requests = (0..self.partitions()).filter_map(|partition| self.request(partition, reached.map(Into::into)));
        let queries = requests.map(|request| {
            let request = request.limit(i32::try_from(limit).unwrap_or(i32::MAX));
            async move { request.send().await.map_err(|e| StoreError::from_sdk(&e)) }
        });
        let mut ids = Vec::new();
        for output in try_join_all(queries).await? {
            let found = output.items.unwrap_or_default();
            ids.extend(found.iter().filter_map(|found| string(found, "pk").and_then(conversation_of)));
        }
        match self.window.order {
            Order::Asc => ids.sort_unstable(),
            Order::Desc => ids.sort_unstable_by_key(|&id| Reverse(id)),
        }
        ids.truncate(limit);
        Ok(ids)
    }

    /// Returns the inclusive range of partition keys after a position; `None` if it is empty.
    fn range(&self, reached: Option<MessageId>) -> Option<(String, String)> {
        let Window { order, after, before } = self.window;
        let key = |id: MessageId| self.store.keys().conversation(ConversationId::from_bytes(*id.as_bytes())).pk;
        // '!' sorts before every character of an id, so this text sorts directly after the id.
        let following = |id: MessageId| format!("{}!", key(id));
        let mut from = after.map_or_else(|| key(MessageId::FIRST), |time| following(MessageId::before(time)));
        let mut to = key(before.map_or(MessageId::LAST, MessageId::before));
        if let Some(reached) = reached {
            match order {
                Order::Asc => from = from.max(following(reached)),
                Order::Desc => to = to.min(key(reached.preceding())),
            }
        }
        (from <= to).then_some((from, to))
    }
}

impl Rows for CreationRows<'_> {
    const PROJECTION: &'static str = "pk";
    /// A key has a tenth of the size of a conversation.
    const ROWS_OF_A_RECORD: usize = 10;

    fn order(&self) -> Order {
        self.window.order
    }

    fn partitions(&self) -> usize {
        self.partitions.len()
    }

    fn request(&self, partition: usize, reached: Option<MessageId>) -> Option<QueryFluentBuilder> {
        let (from, to) = self.range(reached)?;
        let request = self
            .store
            .client()
            .query()
            .table_name(self.store.table())
            .index_name(BY_CREATION.name)
            .key_condition_expression("#partition = :partition AND pk BETWEEN :from AND :to")
            .expression_attribute_names("#partition", BY_CREATION.partition)
            .expression_attribute_values(":partition", text(&self.partitions[partition]))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .scan_index_forward(self.window.order == Order::Asc);
        Some(request)
    }

    fn position(item: &Item) -> Option<MessageId> {
        string(item, "pk").and_then(conversation_of).map(MessageId::from)
    }
}
