//! What one customer may touch: conversations of their own, without what is internal about them.

use deskless_domain::{
    Conversation, ConversationFilter, ConversationId, Customer, CustomerId, File, FileDraft, FileId, IdentitySource,
    Message, MessageDraft, MessageId, NewConversation, Order, Status,
};

use crate::{
    Answer, ConversationPage, Download, MessagePage, Once, Position, Posted, Repeat, StoreError, TenantStore, Thread,
    Upload,
    conversation::{Found, attributes},
    item::{Item, string},
};

/// How many queries in a row one page of a thread may take where notes lie between the replies.
const MAX_TRIPS: usize = 10;

/// The conversations of one customer. Nothing here takes another customer's id, and what belongs to another is not found.
#[derive(Debug, Clone)]
pub struct CustomerStore {
    tenant: TenantStore,
    customer: CustomerId,
    source: IdentitySource,
}

impl TenantStore {
    /// What this customer may touch. `source` says how it is known that it is them.
    #[must_use]
    pub fn of_customer(&self, customer: CustomerId, source: IdentitySource) -> CustomerStore {
        CustomerStore { tenant: self.clone(), customer, source }
    }

    /// Whether a conversation's item is there for this customer: not another's, and not being deleted.
    pub(crate) fn is_own(&self, item: &Item, customer: &CustomerId) -> bool {
        let own = self.keys().by_customer(customer);
        !item.contains_key(attributes::DELETED_AT) && string(item, attributes::CUSTOMER_PARTITION) == Some(own.as_str())
    }
}

impl CustomerStore {
    /// Whose conversations these are.
    #[must_use]
    pub fn customer(&self) -> &CustomerId {
        &self.customer
    }

    /// How it is known that it is them.
    #[must_use]
    pub fn source(&self) -> IdentitySource {
        self.source
    }

    /// In which workspace.
    #[must_use]
    pub fn workspace_id(&self) -> deskless_domain::WorkspaceId {
        self.tenant.workspace_id()
    }

    /// AP-53: the customer's conversations by activity, as AP-04.
    ///
    /// # Errors
    /// When the table does not answer.
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

    /// One conversation of the customer's, without its large metadata.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, or it is another customer's.
    pub async fn get_conversation(&self, id: ConversationId) -> Result<Conversation, StoreError> {
        let item = self.own(id).await?;
        Ok(Found::read(item)?.ok_or(StoreError::NotFound)?.conversation)
    }

    /// AP-54: opens a conversation of the customer's, whoever `new` says that it is with. What it says of them besides
    /// stays on this conversation: it is not known to be true, so it changes no record and claims no email.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn create_conversation(
        &self,
        new: NewConversation,
        repeat: Option<Repeat<'_, Conversation>>,
    ) -> Result<Once<Conversation>, StoreError> {
        let customer =
            Customer { id: self.customer.clone(), identity_source: self.source, details: new.customer.details };
        self.tenant.create_conversation(NewConversation { customer, ..new }, repeat).await
    }

    /// AP-55: one page of a thread of the customer's, without notes. A page is filled past the notes between its replies, and
    /// its end is a reply: neither tells how many notes there are.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such conversation, or it is another customer's.
    pub async fn list_messages(&self, thread: Thread) -> Result<MessagePage, StoreError> {
        let (_, page) = tokio::try_join!(self.own(thread.conversation), self.replies(thread))?;
        Ok(page)
    }

    /// AP-12, AP-13: adds a message to a conversation of the customer's. That it is theirs is a condition of the write, so
    /// nothing is read for it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such conversation or it is another customer's,
    /// [`StoreError::IdempotencyKeyReused`], [`StoreError::Unavailable`].
    pub async fn create_message(
        &self,
        conversation: ConversationId,
        draft: MessageDraft,
        repeat: Option<Repeat<'_, Posted>>,
    ) -> Result<Once<Posted>, StoreError> {
        self.tenant.create_message_in(conversation, Some(&self.customer), draft, repeat).await
    }

    /// AP-61: announces a file in a conversation of the customer's.
    ///
    /// # Errors
    /// [`StoreError::NoSuchReference`] when there is no such conversation or it is another customer's,
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn sign_file(
        &self,
        draft: FileDraft,
        repeat: Option<Repeat<'_, File>>,
    ) -> Result<Once<File>, StoreError> {
        self.tenant.sign_file_of(Some(&self.customer), draft, repeat).await
    }

    /// AP-62: registers a file in a conversation of the customer's.
    ///
    /// # Errors
    /// As [`TenantStore::register_file`]; another's file is none.
    pub async fn register_file(&self, id: FileId, repeat: Option<Repeat<'_, File>>) -> Result<Once<File>, StoreError> {
        self.tenant.register_file_of(Some(&self.customer), id, repeat).await
    }

    /// AP-63: one file of a conversation of the customer's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none: neither the workspace's files nor another customer's are theirs.
    pub async fn get_file(&self, id: FileId) -> Result<File, StoreError> {
        self.tenant.find_file(id, Some(&self.customer)).await?.ok_or(StoreError::NotFound)
    }

    /// The form that uploads a file which is not there yet.
    ///
    /// # Errors
    /// When there is no bucket.
    pub fn upload(&self, file: &File) -> Result<Upload, StoreError> {
        self.tenant.upload(file)
    }

    /// The address of a file that is there.
    ///
    /// # Errors
    /// When there is no bucket.
    pub fn download(&self, file: &File) -> Result<Option<Download>, StoreError> {
        self.tenant.download(file)
    }

    /// The answer to a repeat, as [`TenantStore::replay`].
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn replay<T: ?Sized>(&self, repeat: Option<&Repeat<'_, T>>) -> Result<Option<Answer>, StoreError> {
        self.tenant.replay(repeat).await
    }

    /// AP-66: those of these files that are there, as [`TenantStore::ready_files`], for a message in this conversation of the
    /// customer's.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such conversation or it is another customer's.
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

    async fn replies(&self, thread: Thread) -> Result<MessagePage, StoreError> {
        let mut messages: Vec<Message> = Vec::new();
        // One reply more than asked for tells whether there are more.
        let mut rest = Thread { limit: thread.limit + 1, ..thread };
        for _ in 0..MAX_TRIPS {
            let page = self.tenant.query_thread(rest).await?;
            messages.extend(page.messages.into_iter().filter(|message| message.draft.is_reply()));
            if messages.len() > thread.limit || !page.has_more {
                let has_more = messages.len() > thread.limit;
                messages.truncate(thread.limit);
                return Ok(MessagePage { next: last(&messages, &thread), messages, has_more });
            }
            rest.after = Some(page.next);
        }
        // Thousands of notes in a row.
        let next = rest.after.unwrap_or_else(|| last(&messages, &thread));
        Ok(MessagePage { next, messages, has_more: true })
    }
}

/// Where a page ends: at its last reply, or where it began.
fn last(messages: &[Message], thread: &Thread) -> MessageId {
    let start = match thread.order {
        Order::Asc => MessageId::FIRST,
        Order::Desc => MessageId::LAST,
    };
    messages.last().map_or(thread.after.unwrap_or(start), |message| message.id)
}
