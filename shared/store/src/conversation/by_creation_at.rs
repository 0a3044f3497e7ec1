//! Lists conversations by creation and by offset.

use std::cmp::Reverse;

use deskless_domain::{
    Conversation, ConversationFilter, ConversationId, Offset, OffsetPage, Order, ResolvedFilter, Total,
};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    by_creation::CreationRows,
    filter::{QueryPlan, Source},
    item::StoredConversation,
    list::ListRead,
    list_at::{ActivityRows, conversation_of_row},
    total::{MOST_RECOUNTED, MaintainedCount, has_only_times},
};
use crate::{
    StoreError, TenantStore,
    keys::{BY_ASSIGNEE, BY_CUSTOMER},
    scan::{MOST_COUNTED, Scan, ScanBound, Skipped},
};

/// The maximum number of conversations in one `BatchGetItem`.
const BATCH: usize = 100;
/// The number of batches that are read at once.
const BATCHES: usize = 10;
/// The maximum number of rows of an index that are read to sort them, if the counters say that there are no more.
const MOST_SORTED: usize = 20_000;
/// To walk past a conversation by creation costs a key and half a read unit, four times as much as a row of an index by activity.
const COST_OF_WALKING: u64 = 4;

impl TenantStore {
    /// AP-131, AP-132: lists conversations by creation and by offset.
    ///
    /// - Without filters, or with times of creation only, keys are skipped, which cost a tenth of conversations.
    /// - With others, all rows of the narrowest index are read and sorted: up to 10,000, or 20,000 if the counters know their number.
    ///   They are also the total.
    /// - If there are more, or if the counters say that it costs less, the conversations are read by creation and filtered.
    pub(super) async fn list_by_creation_at(
        &self,
        filters: &[ConversationFilter],
        order: Order,
        offset: Offset,
        limit: usize,
    ) -> Result<OffsetPage<Conversation>, StoreError> {
        let plan = self.query_plan(filters).await?;
        let Source::Index { .. } = plan.source else { return self.single_at(&plan, offset, limit).await };
        if has_only_times(&plan.filters) {
            return self.keys_at(&plan.filters, filters, order, offset, limit).await;
        }
        let (maintained, all) = tokio::try_join!(self.maintained_count(filters), self.count_beside(filters))?;
        let mut total = maintained.as_ref().map(|maintained| maintained.listed);
        if !is_walk_cheaper(&plan, maintained.as_ref(), all, offset.rows() + limit) {
            let most = if maintained.is_some() { MOST_SORTED } else { MOST_COUNTED };
            let (ids, is_complete) = self.matching_ids(&plan, order, most).await?;
            if is_complete {
                let total = Total::exact(ids.len() as u64);
                let ids: Vec<_> = ids.into_iter().skip(offset.rows()).take(limit).collect();
                return Ok(OffsetPage { rows: self.conversations_in_order(&ids, false).await?, total });
            }
            total = total.max(Some(ids.len() as u64));
        }
        let (rows, next) = self.walk_by_creation(&plan, order, offset, limit).await?;
        let total = match next {
            Walked::All(count) => Total::exact(count as u64),
            Walked::Page => Total::at_least(total.unwrap_or_default(), (offset.rows() + rows.len()) as u64),
        };
        Ok(OffsetPage { rows: self.complete_all(rows).await?, total })
    }

    /// Lists conversations whose only filters are times of creation.
    async fn keys_at(
        &self,
        resolved: &[ResolvedFilter],
        filters: &[ConversationFilter],
        order: Order,
        offset: Offset,
        limit: usize,
    ) -> Result<OffsetPage<Conversation>, StoreError> {
        let page = async {
            let mut scan = Scan::new(CreationRows::new(self, resolved, order), self.work());
            let mut reached = match scan.skip(offset.rows()).await? {
                Skipped::All(count) => return Ok((Vec::new(), Some(count))),
                Skipped::To(last) => last.map(|last| ConversationId::from_bytes(*last.as_bytes())),
            };
            let mut rows = Vec::new();
            while rows.len() < limit {
                scan.bound().check()?;
                let left = limit - rows.len();
                let page = self.list_conversations_by_creation(filters, order, reached, left).await?;
                rows.extend(page.conversations);
                reached = page.next;
                if reached.is_none() {
                    let count = offset.rows() + rows.len();
                    return Ok((rows, Some(count)));
                }
            }
            Ok((rows, None))
        };
        let ((rows, count), maintained) = tokio::try_join!(page, self.maintained_count(filters))?;
        let total = match count {
            Some(count) => Total::exact(count as u64),
            None => self.total_of_keys(resolved, maintained.as_ref(), offset.rows() + rows.len()).await?,
        };
        Ok(OffsetPage { rows, total })
    }

    /// Returns the ids of the conversations that match, sorted, and whether these are all: at most `most` rows are evaluated.
    async fn matching_ids(
        &self,
        plan: &QueryPlan,
        order: Order,
        most: usize,
    ) -> Result<(Vec<ConversationId>, bool), StoreError> {
        let Source::Index { index, partitions } = &plan.source else { return Ok((Vec::new(), true)) };
        let read = ListRead { index: *index, partitions, plan, order, until: None };
        let mut scan = Scan::new(ActivityRows { store: self, read }, self.work());
        let (items, rest) = scan.positions(most).await?;
        let mut ids: Vec<_> = items.iter().filter_map(conversation_of_row).collect();
        match order {
            Order::Asc => ids.sort_unstable(),
            Order::Desc => ids.sort_unstable_by_key(|&id| Reverse(id)),
        }
        ids.dedup();
        Ok((ids, rest.is_complete))
    }

    /// Reads conversations by creation, skips those of the offset that match, and returns the following ones.
    async fn walk_by_creation(
        &self,
        plan: &QueryPlan,
        order: Order,
        offset: Offset,
        limit: usize,
    ) -> Result<(Vec<StoredConversation>, Walked), StoreError> {
        let now = self.clock().now();
        let keys = CreationRows::new(self, &plan.filters, order);
        let mut bound = ScanBound::new();
        let (mut skipped, mut evaluated) = (0, 0);
        let mut rows: Vec<StoredConversation> = Vec::new();
        let mut reached: Option<ConversationId> = None;
        loop {
            let missing = offset.rows() + limit - skipped - rows.len();
            if missing == 0 {
                return Ok((rows, Walked::Page));
            }
            bound.check()?;
            let wanted = if evaluated == 0 { missing } else { missing * evaluated / (skipped + rows.len()).max(1) };
            let ids = keys.ids_after(reached, wanted.clamp(missing.min(BATCH), BATCH * BATCHES)).await?;
            let Some(&last) = ids.last() else {
                let count = skipped + rows.len();
                return Ok((rows, Walked::All(count)));
            };
            reached = Some(last);
            evaluated += ids.len();
            bound.add(ids.len());
            self.work().scan(ids.len());
            let batches: Vec<Vec<_>> = ids.chunks(BATCH).map(<[_]>::to_vec).collect();
            let read = batches.into_iter().map(|ids| async move { self.stored_in_order(&ids, false).await });
            let found: Vec<Vec<StoredConversation>> = stream::iter(read).buffered(BATCHES).try_collect().await?;
            let matches =
                |found: &StoredConversation| plan.filters.iter().all(|filter| filter.matches(&found.conversation, now));
            for found in found.into_iter().flatten().filter(matches) {
                if skipped < offset.rows() {
                    skipped += 1;
                } else if rows.len() < limit {
                    rows.push(found);
                }
            }
        }
    }
}

/// The end of a walk.
enum Walked {
    /// The page is full.
    Page,
    /// The list has only this number of rows.
    All(usize),
}

/// Returns whether to read the conversations by creation costs less than to read all rows of the index, by what the counters say.
/// A small list is always read from the index, so that its total is exact.
fn is_walk_cheaper(plan: &QueryPlan, maintained: Option<&MaintainedCount>, all: Option<u64>, wanted: usize) -> bool {
    let (Some(MaintainedCount { listed, counts }), Source::Index { index, .. }) = (maintained, &plan.source) else {
        return false;
    };
    let all = all.unwrap_or(counts.total());
    let status = plan.filters.iter().find_map(|resolved| resolved.filter.status);
    let indexed = match (index.name, status) {
        (name, _) if name == BY_CUSTOMER.name || name == BY_ASSIGNEE.name => counts.total(),
        (_, Some(_)) => *listed,
        (_, None) => all,
    };
    let walked = (wanted as u64).saturating_mul(all) / (*listed).max(1);
    let is_cheaper = walked.min(all).saturating_mul(COST_OF_WALKING) < indexed;
    indexed > MOST_SORTED as u64 || (indexed > MOST_RECOUNTED as u64 && is_cheaper)
}
