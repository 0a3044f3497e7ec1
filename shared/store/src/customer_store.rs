//! The store of one customer: their own conversations, without internal notes.

use deskless_domain::{
    BodyLimit, Conversation, ConversationFilter, ConversationId, CustomerId, File, FileId, IdentitySource, Message,
    MessageDraft, MessageId, Offset, OffsetPage, Order, Status, Total,
};

use crate::{
    AddedMessage, ConversationPage, IdempotencyKey, MessagePage, Once, Position, Sort, StoreError, TenantStore, Thread,
    ThreadAt,
    content::{StoredMessage, fitting},
    conversation::{StoredConversation, attributes, unless_deleted},
    item::{Item, string},
    message::{ThreadPage, ThreadRows, all_fit},
    scan::{MOST_COUNTED, Scan, Skipped},
};

/// The maximum number of consecutive queries for one page of a thread, if there are notes between the replies.
const MAX_QUERIES: usize = 10;

/// The conversations of one customer. No method takes a customer id, and resources of other customers are not found.
#[derive(Debug, Clone)]
pub struct CustomerStore {
    tenant: TenantStore,
    customer: CustomerId,
    source: IdentitySource,
}

impl TenantStore {
    /// Returns the store of this customer. `source` says how the customer was identified.
    #[must_use]
    pub fn of_customer(&self, customer: CustomerId, source: IdentitySource) -> CustomerStore {
        CustomerStore { tenant: self.acting_as_customer(), customer, source }
    }

    /// Returns whether a conversation belongs to this customer and is not being deleted.
    pub(crate) fn is_own(&self, item: &Item, customer: &CustomerId) -> bool {
        let own = self.keys().by_customer(customer);
        unless_deleted(Some(item)).and_then(|item| string(item, attributes::CUSTOMER_PARTITION)) == Some(own.as_str())
    }
}

impl CustomerStore {
    /// Returns the customer.
    #[must_use]
    pub fn customer(&self) -> &CustomerId {
        &self.customer
    }

    /// Returns how the customer was identified.
    #[must_use]
    pub fn source(&self) -> IdentitySource {
        self.source
    }

    /// Returns the workspace's id.
    #[must_use]
    pub fn workspace_id(&self) -> deskless_domain::WorkspaceId {
        self.tenant.workspace_id()
    }

    /// Returns the most characters of a message's body.
    #[must_use]
    pub fn body_limit(&self) -> BodyLimit {
        self.tenant.body_limit()
    }

    /// Returns the store of the whole workspace. Only use cases for customers call this, and check the owner themselves.
    #[must_use]
    pub fn workspace(&self) -> &TenantStore {
        &self.tenant
    }

    /// AP-53: lists the customer's conversations by activity, as AP-04.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_conversations(
        &self,
        status: Option<Status>,
        order: Order,
        after: Option<Position>,
        limit: usize,
    ) -> Result<ConversationPage, StoreError> {
        let filter =
            ConversationFilter { status, customer_id: Some(self.customer.clone()), ..ConversationFilter::default() };
        self.tenant.list_conversations(&[filter], order, after, limit).await
    }

    /// AP-140, AP-142: lists the customer's conversations by offset, as [`TenantStore::list_conversations_at`].
    ///
    /// # Errors
    /// As [`TenantStore::list_conversations_at`].
    pub async fn list_conversations_at(
        &self,
        status: Option<Status>,
        sort: Sort,
        offset: Offset,
        limit: usize,
    ) -> Result<OffsetPage<Conversation>, StoreError> {
        self.list_matching_at(ConversationFilter { status, ..ConversationFilter::default() }, sort, offset, limit).await
    }

    /// AP-140, AP-142: lists the customer's conversations that match a filter, as [`CustomerStore::list_conversations_at`].
    ///
    /// # Errors
    /// As [`TenantStore::list_conversations_at`].
    pub async fn list_matching_at(
        &self,
        filter: ConversationFilter,
        sort: Sort,
        offset: Offset,
        limit: usize,
    ) -> Result<OffsetPage<Conversation>, StoreError> {
        let filter = ConversationFilter { customer_id: Some(self.customer.clone()), customer_email: None, ..filter };
        self.tenant.list_conversations_at(&[filter], sort, offset, limit).await
    }

    /// Reads one of the customer's conversations, without its large metadata.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, or it is another customer's.
    pub async fn get_conversation(&self, id: ConversationId) -> Result<Conversation, StoreError> {
        let item = self.own(id).await?;
        Ok(StoredConversation::read(item)?.ok_or(StoreError::NotFound)?.conversation)
    }

    /// AP-55: reads one page of a customer's thread, without notes. It reads past notes until the page is full of replies,
    /// with at most ten consecutive queries. Notes cost one more query. A page ends at a reply, so neither its length nor
    /// its end discloses how many notes there are.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such conversation, or it is another customer's.
    pub async fn list_messages(&self, thread: Thread) -> Result<MessagePage, StoreError> {
        let (_, page) = tokio::try_join!(self.own(thread.conversation), self.replies(thread))?;
        self.tenant.complete_page(page).await
    }

    /// AP-144: reads a page of a customer's thread by offset, without notes, and counts its replies: exactly, if it has at most 10,000
    /// messages. A page is short only at the end of the thread.
    ///
    /// # Errors
    /// As [`CustomerStore::list_messages`], and [`StoreError::InvalidField`] as [`TenantStore::list_messages_at`].
    pub async fn list_messages_at(&self, thread: ThreadAt) -> Result<OffsetPage<Message>, StoreError> {
        // The owner is checked first: the time of a scan would tell how long another customer's thread is.
        let _ = self.own(thread.conversation).await?;
        let ThreadAt { conversation, order, offset, limit } = thread;
        let rows = ThreadRows { store: &self.tenant, conversation, order, only_replies: true };
        let mut scan = Scan::new(rows, self.tenant.work());
        let mut after = match scan.skip(offset.rows()).await? {
            Skipped::All(count) => return Ok(OffsetPage { rows: Vec::new(), total: Total::exact(count as u64) }),
            Skipped::To(last) => last,
        };
        let mut rows: Vec<StoredMessage> = Vec::new();
        let mut has_more = true;
        while rows.len() < limit && has_more {
            scan.bound().check()?;
            let page = self.replies(Thread { conversation, order, after, limit: limit - rows.len() }).await?;
            rows.extend(page.messages);
            all_fit(&rows)?;
            (after, has_more) = (Some(page.next), page.has_more);
        }
        let seen = offset.rows() + rows.len();
        let rows = self.tenant.complete_messages(rows).await?;
        if !has_more {
            return Ok(OffsetPage { rows, total: Total::exact(seen as u64) });
        }
        let rest = scan.count_after(after, MOST_COUNTED).await?;
        let count = (seen + rest.count) as u64;
        Ok(OffsetPage { rows, total: Total { count, is_exact: rest.is_complete } })
    }

    /// AP-12, AP-13: adds a message to one of the customer's conversations. The owner is checked by the write's condition,
    /// so nothing is read first.
    ///
    /// # Errors
    /// As [`TenantStore::create_message`].
    pub async fn create_message(
        &self,
        conversation: ConversationId,
        draft: &MessageDraft,
        key: Option<&IdempotencyKey>,
    ) -> Result<Once<AddedMessage>, StoreError> {
        self.tenant.create_message(conversation, Some(&self.customer), draft, Vec::new(), key).await
    }

    /// AP-63: reads one file of the customer's conversations. Returns `None` for files of the workspace and of other
    /// customers.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn find_file(&self, id: FileId) -> Result<Option<File>, StoreError> {
        self.tenant.find_file(id, Some(&self.customer)).await
    }

    /// AP-66: reads the files that are ready, for a message in one of the customer's conversations. As
    /// [`TenantStore::ready_files`].
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such conversation, or it is another customer's.
    pub async fn ready_files(
        &self,
        conversation: ConversationId,
        ids: &[FileId],
    ) -> Result<Vec<Option<File>>, StoreError> {
        let (_, files) = tokio::try_join!(self.own(conversation), self.tenant.ready_files(ids))?;
        Ok(files)
    }

    async fn own(&self, id: ConversationId) -> Result<Item, StoreError> {
        let item = self.tenant.get(self.tenant.keys().conversation(id)).await?;
        item.filter(|item| self.tenant.is_own(item, &self.customer)).ok_or(StoreError::NotFound)
    }

    async fn replies(&self, thread: Thread) -> Result<ThreadPage, StoreError> {
        let mut messages: Vec<StoredMessage> = Vec::new();
        // One more than the limit shows whether there is another page.
        let mut rest = Thread { limit: thread.limit + 1, ..thread };
        for _ in 0..MAX_QUERIES {
            let page = self.tenant.query_thread(rest).await?;
            self.tenant.work().read(page.messages.len());
            messages.extend(page.messages.into_iter().filter(|message| message.head.draft.is_reply()));
            let length = thread.limit.min(fitting(&messages));
            if messages.len() > length || !page.has_more {
                let has_more = messages.len() > length;
                messages.truncate(length);
                return Ok(ThreadPage { next: last(&messages, &thread), messages, has_more });
            }
            rest.after = Some(page.next);
        }
        // There are thousands of consecutive notes.
        let next = rest.after.unwrap_or_else(|| last(&messages, &thread));
        Ok(ThreadPage { next, messages, has_more: true })
    }
}

/// Returns the end of a page: its last reply, or its start if it has no replies.
fn last(messages: &[StoredMessage], thread: &Thread) -> MessageId {
    let start = match thread.order {
        Order::Asc => MessageId::FIRST,
        Order::Desc => MessageId::LAST,
    };
    messages.last().map_or(thread.after.unwrap_or(start), |message| message.head.id)
}
