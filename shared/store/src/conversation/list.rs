use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use deskless_domain::{Conversation, ConversationFilter, ConversationId, MessageId, Metadata, Order};
use futures_util::future::try_join_all;

use super::{
    filter::{QueryPlan, Source},
    item::{DetailItem, StoredConversation, attributes},
};
use crate::{
    StoreError, TenantStore,
    expression::text,
    item::string,
    keys::{Index, conversation_of},
    packed::{pack, unpack},
};

/// The maximum number of consecutive queries for one page.
const MAX_QUERIES: usize = 10;
/// The maximum number of items that one query evaluates.
const MAX_BATCH: usize = 500;

/// The position of a cursor in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Everything up to this position was returned or does not match.
    pub frontier: MessageId,
    /// The end of the list when its first page was read, for ascending order only. Conversations move to the end when they
    /// get replies. Paging stops here, so that it ends.
    pub until: Option<MessageId>,
}

/// One page of a list.
#[derive(Debug)]
pub struct ConversationPage {
    /// The conversations, in order, each once.
    pub conversations: Vec<Conversation>,
    /// The position of the next page; `None` on the last one.
    pub next: Option<Position>,
}

/// One partition of an index, with the progress of this request.
struct Partition {
    key: String,
    /// The last item that was evaluated.
    reached: Option<MessageId>,
    exhausted: bool,
}

/// The parameters of the queries for one page.
#[derive(Clone, Copy)]
pub(super) struct ListRead<'a> {
    pub index: Index,
    pub partitions: &'a [String],
    pub plan: &'a QueryPlan,
    pub order: Order,
    pub until: Option<MessageId>,
}

impl TenantStore {
    /// AP-02, AP-03, AP-04, AP-06, AP-07: lists the conversations that match all `filters`, by activity.
    ///
    /// The most selective index is read, and DynamoDB filters the rest. A query evaluates up to 500 items. A page ends at
    /// `limit` conversations or after ten consecutive queries. It can be short or even empty and still have a next page.
    /// Indexes are eventually consistent. An externalId is looked up by its claim instead: two reads, no index.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_conversations(
        &self,
        filters: &[ConversationFilter],
        order: Order,
        after: Option<Position>,
        limit: usize,
    ) -> Result<ConversationPage, StoreError> {
        let (found, next) = self.find(filters, order, after, limit).await?;
        Ok(ConversationPage { conversations: self.complete_all(found).await?, next })
    }

    /// AP-02 to AP-07: lists conversations as [`TenantStore::list_conversations`], but without metadata larger than 1 KiB,
    /// which saves a read.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_conversations_without_metadata(
        &self,
        filters: &[ConversationFilter],
        order: Order,
        after: Option<Position>,
        limit: usize,
    ) -> Result<ConversationPage, StoreError> {
        let (found, next) = self.find(filters, order, after, limit).await?;
        Ok(ConversationPage { conversations: found.into_iter().map(|stored| stored.conversation).collect(), next })
    }

    async fn find(
        &self,
        filters: &[ConversationFilter],
        order: Order,
        after: Option<Position>,
        limit: usize,
    ) -> Result<(Vec<StoredConversation>, Option<Position>), StoreError> {
        let plan = self.query_plan(filters).await?;
        match &plan.source {
            Source::Empty => Ok((Vec::new(), None)),
            &Source::Single(id) => self.find_single(id, &plan, order, after).await,
            Source::Index { index, partitions } => {
                let until = after.and_then(|position| position.until).or_else(|| self.end_of_list(order));
                let read = ListRead { index: *index, partitions, plan: &plan, order, until };
                self.read_page(&read, after.map(|position| position.frontier), limit).await
            }
        }
    }

    /// Returns the end of a list that is read from its start: see [`Position::until`].
    pub(super) fn end_of_list(&self, order: Order) -> Option<MessageId> {
        (order == Order::Asc).then(|| MessageId::end_of(self.clock().now()))
    }

    /// Reads one page of an index after a position.
    pub(super) async fn read_page(
        &self,
        read: &ListRead<'_>,
        reached: Option<MessageId>,
        limit: usize,
    ) -> Result<(Vec<StoredConversation>, Option<Position>), StoreError> {
        let partition = |key: &String| Partition { key: key.clone(), reached, exhausted: false };
        let mut partitions: Vec<_> = read.partitions.iter().map(partition).collect();
        let found = self.read_partitions(read, &mut partitions, limit).await?;
        Ok(page(found, &partitions, read.order, read.until, limit))
    }

    /// Reads the only conversation that can match. Returns it if it does and was not on an earlier page.
    pub(super) async fn find_single(
        &self,
        id: ConversationId,
        plan: &QueryPlan,
        order: Order,
        after: Option<Position>,
    ) -> Result<(Vec<StoredConversation>, Option<Position>), StoreError> {
        let now = self.clock().now();
        let found = self.get(self.keys().conversation(id)).await?.map(StoredConversation::read).transpose()?.flatten();
        let matches = |StoredConversation { conversation: found, .. }: &StoredConversation| {
            let is_unseen = after.is_none_or(|after| precedes(order, Some(after.frontier), Some(found.activity)));
            is_unseen && plan.filters.iter().all(|filter| filter.matches(found, now))
        };
        Ok((found.into_iter().filter(matches).collect(), None))
    }

    /// Queries the partitions until the page is full, all are exhausted or the maximum number of queries is reached.
    async fn read_partitions(
        &self,
        read: &ListRead<'_>,
        partitions: &mut [Partition],
        limit: usize,
    ) -> Result<Vec<StoredConversation>, StoreError> {
        let mut conversations: Vec<StoredConversation> = Vec::new();
        let mut evaluated = 0;
        for _ in 0..MAX_QUERIES {
            // One more than the limit shows whether there is another page.
            let target = limit + 1;
            let batch = match (evaluated, conversations.len()) {
                (0, _) => target,
                (evaluated, found) => (target * evaluated / found.max(1)).clamp(target, MAX_BATCH.max(target)),
            };
            let page_end = nth(&conversations, read.order, limit);
            let due = partitions
                .iter()
                .enumerate()
                .filter(|(_, partition)| !partition.exhausted && precedes(read.order, partition.reached, page_end));
            let outputs = try_join_all(due.map(|(i, partition)| {
                let query = self.query(read, partition, batch);
                async move { query.await.map(|output| (i, output)) }
            }))
            .await?;
            if outputs.is_empty() {
                break;
            }
            self.work().read(outputs.iter().map(|(_, output)| output.evaluated).sum());
            for (i, output) in outputs {
                let partition = &mut partitions[i];
                evaluated += output.evaluated;
                partition.exhausted = output.reached.is_none();
                partition.reached = output.reached.or(partition.reached);
                conversations.extend(output.conversations);
            }
        }
        Ok(conversations)
    }

    fn query(
        &self,
        read: &ListRead<'_>,
        partition: &Partition,
        batch: usize,
    ) -> impl Future<Output = Result<QueryOutput, StoreError>> + use<> {
        let request = self.index_query(read, &partition.key, partition.reached);
        async move {
            let Some(request) = request else {
                return Ok(QueryOutput { conversations: Vec::new(), reached: None, evaluated: 0 });
            };
            let request = request.limit(i32::try_from(batch).unwrap_or(i32::MAX));
            let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
            let reached = output
                .last_evaluated_key()
                .map(|key| {
                    string(key, attributes::ACTIVITY)
                        .and_then(unpack)
                        .ok_or_else(|| StoreError::Internal("the last key of a list query cannot be read".to_owned()))
                })
                .transpose()?;
            let evaluated = usize::try_from(output.scanned_count()).unwrap_or(0);
            let items = output.items.unwrap_or_default().into_iter().map(StoredConversation::read);
            let conversations = items.filter_map(Result::transpose).collect::<Result<_, _>>()?;
            Ok(QueryOutput { conversations, reached, evaluated })
        }
    }

    /// Returns the query of a partition after a position. `None` if its range is empty, which DynamoDB rejects.
    pub(super) fn index_query(
        &self,
        read: &ListRead<'_>,
        partition: &str,
        reached: Option<MessageId>,
    ) -> Option<QueryFluentBuilder> {
        let ListRead { index, plan, order, until, .. } = *read;
        let mut request = self
            .client()
            .query()
            .table_name(self.table())
            .index_name(index.name)
            .expression_attribute_names("#pk", index.partition)
            .expression_attribute_values(":pk", text(partition))
            .scan_index_forward(order == Order::Asc)
            .set_filter_expression(plan.expression.expression());
        for (placeholder, name) in &plan.expression.names {
            request = request.expression_attribute_names(placeholder, name);
        }
        for (placeholder, value) in &plan.expression.values {
            request = request.expression_attribute_values(placeholder, value.clone());
        }
        let (from, to) = range(order, reached, plan.floor, until);
        if from.is_none() && to.is_none() {
            return Some(request.key_condition_expression("#pk = :pk"));
        }
        let from = from.unwrap_or_else(|| "!".to_owned());
        let to = pack(to.unwrap_or(MessageId::LAST));
        (from <= to).then(|| {
            request
                .key_condition_expression("#pk = :pk AND a BETWEEN :from AND :to")
                .expression_attribute_values(":from", text(from))
                .expression_attribute_values(":to", text(to))
        })
    }

    /// Adds the large metadata, with one `BatchGetItem` for the page. When such metadata is replaced or cleared, its item
    /// stays, unread, until the conversation is removed.
    pub(crate) async fn complete_all(&self, stored: Vec<StoredConversation>) -> Result<Vec<Conversation>, StoreError> {
        let incomplete = stored.iter().filter(|stored| stored.lacks_metadata);
        let ids: Vec<_> = incomplete.map(|stored| stored.conversation.id).collect();
        let mut details = if ids.is_empty() { HashMap::new() } else { self.details(&ids).await? };
        Ok(stored
            .into_iter()
            .map(|stored| {
                let mut conversation = stored.conversation;
                if let Some(metadata) = details.remove(&conversation.id) {
                    conversation.metadata = metadata;
                }
                conversation
            })
            .collect())
    }

    async fn details(&self, ids: &[ConversationId]) -> Result<HashMap<ConversationId, Metadata>, StoreError> {
        let keys = ids.iter().map(|&id| self.keys().conversation_detail(id)).collect();
        let mut found = HashMap::new();
        for item in self.get_all(keys, true).await? {
            if let Some(id) = string(&item, "pk").and_then(conversation_of) {
                found.insert(id, DetailItem::read(item)?);
            }
        }
        Ok(found)
    }
}

/// Returns the page, and the position of the next one.
fn page(
    mut conversations: Vec<StoredConversation>,
    partitions: &[Partition],
    order: Order,
    until: Option<MessageId>,
    limit: usize,
) -> (Vec<StoredConversation>, Option<Position>) {
    sort(&mut conversations, order);
    // While a conversation moves from one partition to another, the index may show it in both.
    let mut seen = HashSet::new();
    conversations.retain(|stored| seen.insert(stored.conversation.id));
    // After the frontier, a partition that is not exhausted may have conversations that sort in between.
    let unread = partitions.iter().filter(|partition| !partition.exhausted);
    let frontier = match order {
        Order::Desc => unread.filter_map(|partition| partition.reached).max(),
        Order::Asc => unread.filter_map(|partition| partition.reached).min(),
    };
    if let Some(frontier) = frontier {
        conversations.retain(|stored| !precedes(order, Some(frontier), Some(stored.conversation.activity)));
    }
    let next = if conversations.len() > limit {
        conversations.truncate(limit);
        conversations.last().map(|stored| stored.conversation.activity)
    } else {
        frontier
    };
    (conversations, next.map(|frontier| Position { frontier, until }))
}

/// The result of one query.
struct QueryOutput {
    conversations: Vec<StoredConversation>,
    /// The last item that was evaluated, if there are more.
    reached: Option<MessageId>,
    evaluated: usize,
}

/// Returns the inclusive range of activity to read.
fn range(
    order: Order,
    reached: Option<MessageId>,
    floor: Option<MessageId>,
    until: Option<MessageId>,
) -> (Option<String>, Option<MessageId>) {
    // '!' sorts before every character of an id, so this text sorts directly after the id.
    let after = |id: Option<MessageId>| id.map(|id| format!("{}!", pack(id)));
    match order {
        Order::Desc => (after(floor), reached.map(MessageId::preceding)),
        Order::Asc => (after(reached.max(floor)), until),
    }
}

/// Returns whether `a` comes strictly before `b` in this order. `None` as `a` is the start of the list, as `b` its end.
pub(crate) fn precedes(order: Order, a: Option<MessageId>, b: Option<MessageId>) -> bool {
    match (a, b) {
        (_, None) | (None, _) => true,
        (Some(a), Some(b)) => match order {
            Order::Desc => a > b,
            Order::Asc => a < b,
        },
    }
}

fn sort(conversations: &mut [StoredConversation], order: Order) {
    match order {
        Order::Desc => conversations.sort_by_key(|stored| Reverse(stored.conversation.activity)),
        Order::Asc => conversations.sort_by_key(|stored| stored.conversation.activity),
    }
}

/// Returns the activity of the conversation with this index in the order; `None` if there are fewer.
fn nth(conversations: &[StoredConversation], order: Order, index: usize) -> Option<MessageId> {
    let mut activities: Vec<_> = conversations.iter().map(|stored| stored.conversation.activity).collect();
    activities.sort_unstable();
    match order {
        Order::Desc => activities.len().checked_sub(index + 1).map(|i| activities[i]),
        Order::Asc => activities.get(index).copied(),
    }
}
