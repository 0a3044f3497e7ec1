use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
};

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use deskless_domain::{Channel, Conversation, ConversationId, CustomerId, MessageId, Metadata, Order, Status};
use futures_util::future::try_join_all;

use super::item::{DetailItem, Found, attributes};
use crate::{StoreError, TenantStore, backoff::Backoff, expression::text, item::string, keys::conversation_of};

/// The most queries in a row that one page may take.
const MAX_TRIPS: usize = 10;
/// The most rows that one query evaluates.
const MAX_BATCH: usize = 500;

/// Which conversations are wanted. All parts must hold.
#[derive(Debug, Clone, Default)]
pub struct ConversationFilter {
    /// In this state.
    pub status: Option<Status>,
    /// On this channel.
    pub channel: Option<Channel>,
    /// With this customer.
    pub customer_id: Option<CustomerId>,
}

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

/// What one request reads: the narrowest index that answers, and what is left to filter.
struct Plan {
    index: &'static str,
    attribute: &'static str,
    partitions: Vec<Partition>,
    conditions: Vec<(&'static str, AttributeValue)>,
}

impl TenantStore {
    /// AP-02, AP-03, AP-04 and what else these indexes can answer: one page of conversations, by activity.
    ///
    /// A page ends at `limit` rows or after ten queries in a row: it may be short, even empty, and still say where to
    /// go on. Index reads lag a write by a moment.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn list_conversations(
        &self,
        filter: &ConversationFilter,
        order: Order,
        after: Option<Position>,
        limit: usize,
    ) -> Result<ConversationPage, StoreError> {
        let mut plan = self.plan(filter, after);
        let until = match order {
            Order::Desc => None,
            Order::Asc => after.and_then(|p| p.until).or_else(|| Some(MessageId::end_of(self.clock().now()))),
        };
        let mut rows: Vec<Found> = Vec::new();
        let mut evaluated = 0;
        for _ in 0..MAX_TRIPS {
            // One row more than asked for tells whether there is another page.
            let wanted = limit + 1;
            let batch = match (evaluated, rows.len()) {
                (0, _) => wanted,
                (evaluated, found) => (wanted * evaluated / found.max(1)).clamp(wanted, MAX_BATCH),
            };
            let edge = nth(&rows, order, limit);
            let due = plan
                .partitions
                .iter()
                .enumerate()
                .filter(|(_, partition)| !partition.exhausted && precedes(order, partition.reached, edge));
            let read = try_join_all(due.map(|(i, partition)| {
                let query = self.query(&plan, partition, order, until, batch);
                async move { query.await.map(|output| (i, output)) }
            }))
            .await?;
            if read.is_empty() {
                break;
            }
            for (i, output) in read {
                let partition = &mut plan.partitions[i];
                evaluated += output.evaluated;
                partition.exhausted = output.reached.is_none();
                partition.reached = output.reached.or(partition.reached);
                rows.extend(output.rows);
            }
        }
        self.page(rows, &plan, order, until, limit).await
    }

    fn plan(&self, filter: &ConversationFilter, after: Option<Position>) -> Plan {
        let mut conditions = Vec::new();
        if let Some(channel) = filter.channel {
            conditions.push(("channel", text(channel)));
        }
        let (index, attribute, keys) = match (&filter.customer_id, filter.status) {
            (Some(customer), status) => {
                conditions.extend(status.map(|status| (attributes::STATUS, text(status))));
                ("gsi2", "gsi2pk", vec![self.keys().by_customer(customer)])
            }
            (None, Some(status)) => ("gsi1", "gsi1pk", self.status_partitions(status).collect()),
            (None, None) => {
                let all = Status::ALL.iter().flat_map(|&status| self.status_partitions(status));
                ("gsi1", "gsi1pk", all.collect())
            }
        };
        let reached = after.map(|position| position.frontier);
        let partitions = keys.into_iter().map(|key| Partition { key, reached, exhausted: false }).collect();
        Plan { index, attribute, partitions, conditions }
    }

    fn query(
        &self,
        plan: &Plan,
        partition: &Partition,
        order: Order,
        until: Option<MessageId>,
        batch: usize,
    ) -> impl Future<Output = Result<Read, StoreError>> + use<> {
        let mut request = self
            .client()
            .query()
            .table_name(self.table())
            .index_name(plan.index)
            .expression_attribute_names("#pk", plan.attribute)
            .expression_attribute_values(":pk", text(&partition.key))
            .scan_index_forward(order == Order::Asc)
            .limit(i32::try_from(batch).unwrap_or(i32::MAX));
        let range = match (order, partition.reached, until) {
            (Order::Desc, None, _) => "",
            (Order::Desc, Some(reached), _) => {
                request = request.expression_attribute_values(":reached", text(reached));
                " AND activity < :reached"
            }
            (Order::Asc, reached, until) => {
                // '!' sorts before every digit, so the text behind `reached` comes right after it.
                let from = reached.map_or("!".to_owned(), |reached| format!("{reached}!"));
                request = request
                    .expression_attribute_values(":from", text(from))
                    .expression_attribute_values(":until", text(until.unwrap_or(MessageId::LAST)));
                " AND activity BETWEEN :from AND :until"
            }
        };
        request = request.key_condition_expression(format!("#pk = :pk{range}"));
        for (i, (name, value)) in plan.conditions.iter().enumerate() {
            request = request
                .expression_attribute_names(format!("#f{i}"), *name)
                .expression_attribute_values(format!(":f{i}"), value.clone());
        }
        if !plan.conditions.is_empty() {
            let all: Vec<_> = (0..plan.conditions.len()).map(|i| format!("#f{i} = :f{i}")).collect();
            request = request.filter_expression(all.join(" AND "));
        }
        // An `asc` walk that was asked to start behind its own end has nothing to read; the engine calls it an error.
        let empty = order == Order::Asc && matches!((partition.reached, until), (Some(r), Some(u)) if r >= u);
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
            let rows = output.items.unwrap_or_default().into_iter().map(Found::read);
            let rows = rows.filter_map(Result::transpose).collect::<Result<_, _>>()?;
            Ok(Read { rows, reached, evaluated })
        }
    }

    async fn page(
        &self,
        mut rows: Vec<Found>,
        plan: &Plan,
        order: Order,
        until: Option<MessageId>,
        limit: usize,
    ) -> Result<ConversationPage, StoreError> {
        sort(&mut rows, order);
        // While a row moves from one partition to another, an index may show it at both places.
        let mut seen = HashSet::new();
        rows.retain(|row| seen.insert(row.conversation.id));
        // Beyond the nearest unread place, another partition may still hold rows that belong in between.
        let unread = plan.partitions.iter().filter(|partition| !partition.exhausted);
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
        Ok(ConversationPage {
            conversations: self.complete_all(rows).await?,
            next: next.map(|frontier| Position { frontier, until }),
        })
    }

    /// Adds the large metadata of those conversations that have it.
    async fn complete_all(&self, rows: Vec<Found>) -> Result<Vec<Conversation>, StoreError> {
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
        let mut found = HashMap::new();
        let mut wanted: Vec<_> = ids.iter().map(|&id| self.keys().conversation_detail(id).attributes()).collect();
        let mut backoff = Backoff::new(self.clock());
        loop {
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .consistent_read(true)
                .build()
                .map_err(|e| StoreError::Internal(e.to_string()))?;
            let request = self.client().batch_get_item().request_items(self.table(), keys);
            let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
            for item in output.responses.into_iter().filter_map(|mut tables| tables.remove(self.table())).flatten() {
                if let Some(id) = string(&item, "pk").and_then(conversation_of) {
                    found.insert(id, DetailItem::read(item)?);
                }
            }
            // The table may leave some unread when it is busy or the answer would pass 16 MB.
            wanted = match output.unprocessed_keys.and_then(|mut tables| tables.remove(self.table())) {
                Some(rest) if !rest.keys.is_empty() => rest.keys,
                _ => return Ok(found),
            };
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("metadata could not be read in time".to_owned()));
            }
        }
    }
}

/// What one query gave.
struct Read {
    rows: Vec<Found>,
    /// The last row that was evaluated, if there are more.
    reached: Option<MessageId>,
    evaluated: usize,
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

fn sort(rows: &mut [Found], order: Order) {
    match order {
        Order::Desc => rows.sort_by_key(|row| Reverse(row.conversation.activity)),
        Order::Asc => rows.sort_by_key(|row| row.conversation.activity),
    }
}

/// The activity of the row at this place, once that many are there.
fn nth(rows: &[Found], order: Order, place: usize) -> Option<MessageId> {
    let mut activities: Vec<_> = rows.iter().map(|row| row.conversation.activity).collect();
    activities.sort_unstable();
    match order {
        Order::Desc => activities.len().checked_sub(place + 1).map(|i| activities[i]),
        Order::Asc => activities.get(place).copied(),
    }
}
