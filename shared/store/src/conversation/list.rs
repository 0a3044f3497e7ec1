use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use deskless_domain::{Conversation, ConversationFilter, ConversationId, MessageId, Metadata, Order};
use futures_util::future::try_join_all;

use super::{
    filter::{Plan, Source},
    item::{DetailItem, StoredConversation, attributes},
};
use crate::{StoreError, TenantStore, expression::text, item::string, keys::conversation_of};

/// The most queries in a row that one page may take.
const MAX_TRIPS: usize = 10;
/// The most rows that one query evaluates.
const MAX_BATCH: usize = 500;

/// Where a page ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Everything up to here was shown or does not match.
    pub frontier: MessageId,
    /// Only `asc`: where the walk began. Rows move to the end as they get replies; the walk does not follow them
    /// beyond this point.
    pub until: Option<MessageId>,
}

/// One page of a list.
#[derive(Debug)]
pub struct ConversationPage {
    /// The conversations, in order, each once.
    pub conversations: Vec<Conversation>,
    /// Where to go on, if there may be more.
    pub next: Option<Position>,
}

/// One partition of an index, as far as this request has read it.
struct Partition {
    key: String,
    /// The last row that was evaluated.
    reached: Option<MessageId>,
    exhausted: bool,
}

/// What one request reads of an index, and how.
struct Reading<'a> {
    index: &'static str,
    attribute: &'static str,
    plan: &'a Plan,
    order: Order,
    until: Option<MessageId>,
}

impl TenantStore {
    /// AP-02, AP-03, AP-04, AP-06, AP-07: one page of the conversations for which all `filters` hold, by activity.
    ///
    /// The narrowest index is read and the rest is filtered. A page ends at `limit` rows or after ten queries in a row:
    /// it may be short, even empty, and still say where to go on. Index reads lag a write by a moment.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn list_conversations(
        &self,
        filters: &[ConversationFilter],
        order: Order,
        after: Option<Position>,
        limit: usize,
    ) -> Result<ConversationPage, StoreError> {
        let (rows, next) = self.find(filters, order, after, limit).await?;
        Ok(ConversationPage { conversations: self.complete_all(rows).await?, next })
    }

    /// AP-02 to AP-07: the same, but conversations with metadata of more than 1 KiB come without it, which saves a read.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn list_conversations_without_metadata(
        &self,
        filters: &[ConversationFilter],
        order: Order,
        after: Option<Position>,
        limit: usize,
    ) -> Result<ConversationPage, StoreError> {
        let (rows, next) = self.find(filters, order, after, limit).await?;
        Ok(ConversationPage { conversations: rows.into_iter().map(|row| row.conversation).collect(), next })
    }

    async fn find(
        &self,
        filters: &[ConversationFilter],
        order: Order,
        after: Option<Position>,
        limit: usize,
    ) -> Result<(Vec<StoredConversation>, Option<Position>), StoreError> {
        let plan = self.plan(filters).await?;
        match &plan.source {
            Source::Nowhere => Ok((Vec::new(), None)),
            &Source::One(id) => self.the_one(id, &plan, order, after).await,
            Source::Index { name, attribute, partitions } => {
                let until = match order {
                    Order::Desc => None,
                    Order::Asc => after.and_then(|p| p.until).or_else(|| Some(MessageId::end_of(self.clock().now()))),
                };
                let reached = after.map(|position| position.frontier);
                let partition = |key: &String| Partition { key: key.clone(), reached, exhausted: false };
                let mut partitions: Vec<_> = partitions.iter().map(partition).collect();
                let reading = Reading { index: name, attribute, plan: &plan, order, until };
                let rows = self.walk(&reading, &mut partitions, limit).await?;
                Ok(page(rows, &partitions, order, until, limit))
            }
        }
    }

    /// The only conversation that can match, if it does and was not shown on the page before.
    async fn the_one(
        &self,
        id: ConversationId,
        plan: &Plan,
        order: Order,
        after: Option<Position>,
    ) -> Result<(Vec<StoredConversation>, Option<Position>), StoreError> {
        let now = self.clock().now();
        let found = self.get(self.keys().conversation(id)).await?.map(StoredConversation::read).transpose()?.flatten();
        let wanted = |StoredConversation { conversation: found, .. }: &StoredConversation| {
            let unseen = after.is_none_or(|after| precedes(order, Some(after.frontier), Some(found.activity)));
            unseen && plan.filters.iter().all(|filter| filter.matches(found, now))
        };
        Ok((found.into_iter().filter(wanted).collect(), None))
    }

    /// Reads until there are enough rows, nothing is left or the bound is reached.
    async fn walk(
        &self,
        reading: &Reading<'_>,
        partitions: &mut [Partition],
        limit: usize,
    ) -> Result<Vec<StoredConversation>, StoreError> {
        let mut rows: Vec<StoredConversation> = Vec::new();
        let mut evaluated = 0;
        for _ in 0..MAX_TRIPS {
            // One row more than asked for tells whether there is another page.
            let wanted = limit + 1;
            let batch = match (evaluated, rows.len()) {
                (0, _) => wanted,
                (evaluated, found) => (wanted * evaluated / found.max(1)).clamp(wanted, MAX_BATCH.max(wanted)),
            };
            let edge = nth(&rows, reading.order, limit);
            let due = partitions
                .iter()
                .enumerate()
                .filter(|(_, partition)| !partition.exhausted && precedes(reading.order, partition.reached, edge));
            let read = try_join_all(due.map(|(i, partition)| {
                let query = self.query(reading, partition, batch);
                async move { query.await.map(|output| (i, output)) }
            }))
            .await?;
            if read.is_empty() {
                break;
            }
            for (i, output) in read {
                let partition = &mut partitions[i];
                evaluated += output.evaluated;
                partition.exhausted = output.reached.is_none();
                partition.reached = output.reached.or(partition.reached);
                rows.extend(output.rows);
            }
        }
        Ok(rows)
    }

    fn query(
        &self,
        reading: &Reading<'_>,
        partition: &Partition,
        batch: usize,
    ) -> impl Future<Output = Result<Read, StoreError>> + use<> {
        let Reading { index, attribute, plan, order, until } = *reading;
        let mut request = self
            .client()
            .query()
            .table_name(self.table())
            .index_name(index)
            .expression_attribute_names("#pk", attribute)
            .expression_attribute_values(":pk", text(&partition.key))
            .scan_index_forward(order == Order::Asc)
            .set_filter_expression(plan.sieve.expression())
            .limit(i32::try_from(batch).unwrap_or(i32::MAX));
        for (placeholder, name) in &plan.sieve.names {
            request = request.expression_attribute_names(placeholder, name);
        }
        for (placeholder, value) in &plan.sieve.values {
            request = request.expression_attribute_values(placeholder, value.clone());
        }
        let range = range(order, partition.reached, plan.floor, until);
        let mut empty = false;
        request = match range {
            (None, None) => request.key_condition_expression("#pk = :pk"),
            (from, to) => {
                let from = from.unwrap_or_else(|| "!".to_owned());
                let to = to.unwrap_or(MessageId::LAST).to_string();
                // The engine calls it an error to look for nothing.
                empty = from > to;
                request
                    .key_condition_expression("#pk = :pk AND activity BETWEEN :from AND :to")
                    .expression_attribute_values(":from", text(from))
                    .expression_attribute_values(":to", text(to))
            }
        };
        async move {
            if empty {
                return Ok(Read { rows: Vec::new(), reached: None, evaluated: 0 });
            }
            let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
            let reached = output
                .last_evaluated_key()
                .map(|key| {
                    string(key, attributes::ACTIVITY)
                        .and_then(MessageId::parse)
                        .ok_or_else(|| StoreError::Internal("a list ended at an unreadable key".to_owned()))
                })
                .transpose()?;
            let evaluated = usize::try_from(output.scanned_count()).unwrap_or(0);
            let rows = output.items.unwrap_or_default().into_iter().map(StoredConversation::read);
            let rows = rows.filter_map(Result::transpose).collect::<Result<_, _>>()?;
            Ok(Read { rows, reached, evaluated })
        }
    }

    /// Adds the large metadata of those conversations that have it.
    async fn complete_all(&self, rows: Vec<StoredConversation>) -> Result<Vec<Conversation>, StoreError> {
        let lacking: Vec<_> = rows.iter().filter(|row| row.lacks_metadata).map(|row| row.conversation.id).collect();
        let mut details = if lacking.is_empty() { HashMap::new() } else { self.details(&lacking).await? };
        Ok(rows
            .into_iter()
            .map(|row| {
                let mut conversation = row.conversation;
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
        for item in self.get_all(keys).await? {
            if let Some(id) = string(&item, "pk").and_then(conversation_of) {
                found.insert(id, DetailItem::read(item)?);
            }
        }
        Ok(found)
    }
}

/// What is shown of the rows that were read, and where to go on.
fn page(
    mut rows: Vec<StoredConversation>,
    partitions: &[Partition],
    order: Order,
    until: Option<MessageId>,
    limit: usize,
) -> (Vec<StoredConversation>, Option<Position>) {
    sort(&mut rows, order);
    // While a row moves from one partition to another, an index may show it at both places.
    let mut seen = HashSet::new();
    rows.retain(|row| seen.insert(row.conversation.id));
    // Beyond the nearest unread place, another partition may still hold rows that belong in between.
    let unread = partitions.iter().filter(|partition| !partition.exhausted);
    let frontier = match order {
        Order::Desc => unread.filter_map(|partition| partition.reached).max(),
        Order::Asc => unread.filter_map(|partition| partition.reached).min(),
    };
    if let Some(frontier) = frontier {
        rows.retain(|row| !precedes(order, Some(frontier), Some(row.conversation.activity)));
    }
    let next = if rows.len() > limit {
        rows.truncate(limit);
        rows.last().map(|row| row.conversation.activity)
    } else {
        frontier
    };
    (rows, next.map(|frontier| Position { frontier, until }))
}

/// What one query gave.
struct Read {
    rows: Vec<StoredConversation>,
    /// The last row that was evaluated, if there are more.
    reached: Option<MessageId>,
    evaluated: usize,
}

/// Between which activities there is something to read, both ends included.
fn range(
    order: Order,
    reached: Option<MessageId>,
    floor: Option<MessageId>,
    until: Option<MessageId>,
) -> (Option<String>, Option<MessageId>) {
    // '!' sorts before every digit, so the text behind an id comes right after it.
    let behind = |id: Option<MessageId>| id.map(|id| format!("{id}!"));
    match order {
        Order::Desc => (behind(floor), reached.map(MessageId::preceding)),
        Order::Asc => (behind(reached.max(floor)), until),
    }
}

/// Whether `a` comes strictly before `b` in this order. Nothing read yet comes before everything; no edge comes after
/// everything.
fn precedes(order: Order, a: Option<MessageId>, b: Option<MessageId>) -> bool {
    match (a, b) {
        (_, None) | (None, _) => true,
        (Some(a), Some(b)) => match order {
            Order::Desc => a > b,
            Order::Asc => a < b,
        },
    }
}

fn sort(rows: &mut [StoredConversation], order: Order) {
    match order {
        Order::Desc => rows.sort_by_key(|row| Reverse(row.conversation.activity)),
        Order::Asc => rows.sort_by_key(|row| row.conversation.activity),
    }
}

/// The activity of the row at this place, once that many are there.
fn nth(rows: &[StoredConversation], order: Order, place: usize) -> Option<MessageId> {
    let mut activities: Vec<_> = rows.iter().map(|row| row.conversation.activity).collect();
    activities.sort_unstable();
    match order {
        Order::Desc => activities.len().checked_sub(place + 1).map(|i| activities[i]),
        Order::Asc => activities.get(place).copied(),
    }
}
