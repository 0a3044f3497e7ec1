//! Lists conversations by offset, with their total.

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use deskless_domain::{Conversation, ConversationFilter, ConversationId, MessageId, Offset, OffsetPage, Order, Total};

use super::{
    filter::{QueryPlan, Source},
    item::{StoredConversation, attributes},
    list::ListRead,
};
use crate::{
    StoreError, TenantStore,
    item::{Item, string},
    keys::conversation_of,
    packed::unpack,
    scan::{Rows, Scan, Skipped},
};

/// What a list of conversations by offset is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// By activity: the time of the newest reply, or of creation.
    ByActivity(Order),
    /// By creation.
    ByCreation(Order),
}

/// The rows of an index by activity.
pub(super) struct ActivityRows<'a> {
    pub store: &'a TenantStore,
    pub read: ListRead<'a>,
}

impl Rows for ActivityRows<'_> {
    const PROJECTION: &'static str = "a, pk";

    fn order(&self) -> Order {
        self.read.order
    }

    fn partitions(&self) -> usize {
        self.read.partitions.len()
    }

    fn request(&self, partition: usize, reached: Option<MessageId>) -> Option<QueryFluentBuilder> {
        self.store.index_query(&self.read, &self.read.partitions[partition], reached)
    }

    fn position(item: &Item) -> Option<MessageId> {
        string(item, attributes::ACTIVITY).and_then(unpack)
    }
}

/// The end of a page.
enum End {
    /// It is the end of the list, which has this number of rows.
    Total(usize),
    /// Rows can follow after a position; `None` for the start of the list.
    After(Option<MessageId>),
}

/// Returns the conversation of a row.
pub(super) fn conversation_of_row(item: &Item) -> Option<ConversationId> {
    string(item, "pk").and_then(conversation_of)
}

impl TenantStore {
    /// AP-140 to AP-143: lists the conversations that match all `filters`, in the same order as
    /// [`TenantStore::list_conversations`] and [`TenantStore::list_conversations_by_creation`], with their total. A page is short
    /// only at the end of the list.
    ///
    /// Rows that are skipped cost as much as rows that are read, and count against the rate limits. See
    /// `total_after` for the total.
    ///
    /// # Errors
    /// [`StoreError::InvalidField`] as [`TenantStore::list_conversations`], and for an offset that cannot be reached in 8 seconds or
    /// 50,000 rows. When the table does not respond.
    pub async fn list_conversations_at(
        &self,
        filters: &[ConversationFilter],
        sort: Sort,
        offset: Offset,
        limit: usize,
    ) -> Result<OffsetPage<Conversation>, StoreError> {
        match sort {
            Sort::ByActivity(order) => self.list_by_activity_at(filters, order, offset, limit).await,
            Sort::ByCreation(order) => self.list_by_creation_at(filters, order, offset, limit).await,
        }
    }

    async fn list_by_activity_at(
        &self,
        filters: &[ConversationFilter],
        order: Order,
        offset: Offset,
        limit: usize,
    ) -> Result<OffsetPage<Conversation>, StoreError> {
        let plan = self.query_plan(filters).await?;
        let (index, partitions) = match &plan.source {
            Source::Index { index, partitions } => (*index, partitions),
            Source::Empty | Source::Single(_) => return self.single_at(&plan, offset, limit).await,
        };
        let read = ListRead { index, partitions, plan: &plan, order, until: self.end_of_list(order) };
        let mut scan = Scan::new(ActivityRows { store: self, read }, self.work());
        let (page, maintained) =
            tokio::try_join!(self.page_at(read, &mut scan, offset, limit), self.maintained_count(filters))?;
        let (found, end) = page;
        let total = match end {
            End::Total(count) => Total::exact(count as u64),
            End::After(reached) => {
                let seen = offset.rows() + found.len();
                self.total_after(&plan, maintained.as_ref(), &mut scan, reached, seen).await?
            }
        };
        Ok(OffsetPage { rows: self.complete_all(found).await?, total })
    }

    /// Skips rows and reads a page.
    async fn page_at(
        &self,
        read: ListRead<'_>,
        scan: &mut Scan<'_, ActivityRows<'_>>,
        offset: Offset,
        limit: usize,
    ) -> Result<(Vec<StoredConversation>, End), StoreError> {
        let mut reached = match scan.skip(offset.rows()).await? {
            Skipped::All(count) => return Ok((Vec::new(), End::Total(count))),
            Skipped::To(last) => last,
        };
        let mut found: Vec<StoredConversation> = Vec::new();
        while found.len() < limit {
            scan.bound().check()?;
            let (page, next) = self.read_page(&read, reached, limit - found.len()).await?;
            found.extend(page);
            let Some(next) = next else {
                let count = offset.rows() + found.len();
                return Ok((found, End::Total(count)));
            };
            reached = Some(next.frontier);
        }
        Ok((found, End::After(reached)))
    }

    /// Returns the page of a list in which nothing or only one conversation can match.
    pub(super) async fn single_at(
        &self,
        plan: &QueryPlan,
        offset: Offset,
        limit: usize,
    ) -> Result<OffsetPage<Conversation>, StoreError> {
        let found = match plan.source {
            Source::Single(id) => self.find_single(id, plan, Order::Desc, None).await?.0,
            Source::Empty | Source::Index { .. } => Vec::new(),
        };
        Ok(OffsetPage::of_all(self.complete_all(found).await?, offset, limit))
    }
}
