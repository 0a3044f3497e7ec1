//! The change feed: converts records of the table's stream to typed changes.
//!
//! No other module reads stream images. Consumers get domain events.

use deskless_domain::{
    AutomationId, BulkActionId, Cause, ConversationChange, ConversationEvent, ConversationId, ConversationState,
    CustomerEvent, ExecutionId, LiveConversation, Timestamp, WorkspaceId,
};

use crate::{
    ContentChange, CustomerKey, FileChange, LogChange, Store, StoreError, TenantStore,
    conversation::{StoredConversation, attributes, removal_step},
    customer,
    event_log::{read_change, workspace_of},
    item::{Item, integer, string},
    keys::{StreamKey, execution_of, stream_key},
    message,
};

/// The old or new image of a stream record. Empty if the item did not exist.
pub type Image = serde_dynamo::Item;

/// Reads the table's stream, across all workspaces. A record's workspace is taken from its key. No function of the API
/// creates a change feed.
#[derive(Debug, Clone)]
pub struct ChangeFeed(Store);

/// A change in one workspace.
#[derive(Debug)]
pub struct Change<T> {
    /// The store of the workspace.
    pub tenant: TenantStore,
    /// The change.
    pub change: T,
}

/// A typed change, by the item that changed.
#[derive(Debug)]
pub enum Changed {
    /// A conversation's own item.
    Conversation(Change<ConversationChange>),
    /// A message's item.
    Message(Change<(ConversationId, ConversationEvent)>),
}

/// A job's step that is due.
#[derive(Debug)]
pub enum DueStep {
    /// The step of a bulk action.
    Bulk(Change<(BulkActionId, u64)>),
    /// The step of an execution that is due in this version.
    Execution(Change<(AutomationId, ExecutionId, u64)>),
    /// The step of a workspace's queue of removals.
    Removals(Change<u64>),
    /// The step of a customer's erasure, or of copying their details.
    Customer(Change<(CustomerKey, CustomerEvent)>),
    /// The erasure of a deleted file.
    File(FileChange),
    /// The erasure of the content of a deleted message.
    Content(ContentChange),
}

impl ChangeFeed {
    /// Creates a feed of the whole table.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    /// Parses a stream record of a job. Returns `None` unless the job has a step that is due.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when an image cannot be read; [`StoreError::Unavailable`] when the table does not respond.
    pub async fn due_step(&self, key: Image, before: Image, after: Image) -> Result<Option<DueStep>, StoreError> {
        let [key, before, after]: [Item; 3] = [key.into(), before.into(), after.into()];
        let Some((pk, sk)) = string(&key, "pk").zip(string(&key, "sk")) else { return Ok(None) };
        let job = if after.is_empty() { &before } else { &after };
        if string(job, "job").is_none() {
            return Ok(None);
        }
        let count = |attribute: &str| {
            let count = integer(&after, attribute).and_then(|count| u64::try_from(count).ok());
            count.ok_or_else(|| StoreError::Internal(format!("the {attribute} of a job cannot be read")))
        };
        if let Some((workspace, automation, id)) = execution_of(pk, sk) {
            if after.is_empty() {
                return Ok(None);
            }
            let step = (automation, id, count(attributes::VERSION)?);
            return Ok(self.change(workspace, step).await?.map(DueStep::Execution));
        }
        match stream_key(pk, sk) {
            Some(StreamKey::BulkAction(workspace, id)) if !after.is_empty() => {
                Ok(self.change(workspace, (id, count("step")?)).await?.map(DueStep::Bulk))
            }
            Some(StreamKey::RemovalQueue(workspace)) => match removal_step(&after) {
                Some(step) => Ok(self.change(workspace, step).await?.map(DueStep::Removals)),
                None => Ok(None),
            },
            Some(StreamKey::Customer(workspace)) => match customer::event(&before, &after) {
                Some(event) => Ok(self.change(workspace, event).await?.map(DueStep::Customer)),
                None => Ok(None),
            },
            Some(StreamKey::Content(workspace, id)) => {
                let tenant = self.0.open(workspace).await?;
                Ok(tenant.and_then(|tenant| ContentChange::of(tenant, id, &before, &after)).map(DueStep::Content))
            }
            Some(StreamKey::File(workspace, id)) => {
                let tenant = self.0.open(workspace).await?;
                Ok(tenant.and_then(|tenant| FileChange::of(tenant, id, &before, &after)).map(DueStep::File))
            }
            _ => Ok(None),
        }
    }

    /// Parses a stream record. Returns `None` if it causes no event.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when an image cannot be read.
    pub async fn read(&self, key: Image, before: Image, after: Image) -> Result<Option<Changed>, StoreError> {
        let [key, before, after]: [Item; 3] = [key.into(), before.into(), after.into()];
        let Some(key) = string(&key, "pk").zip(string(&key, "sk")).and_then(|(pk, sk)| stream_key(pk, sk)) else {
            return Ok(None);
        };
        match key {
            StreamKey::Conversation(workspace, id) => match conversation(id, before, after)? {
                Some(change) => Ok(self.change(workspace, change).await?.map(Changed::Conversation)),
                None => Ok(None),
            },
            StreamKey::Message(workspace, conversation) => {
                let read = |image: Item| {
                    if image.is_empty() {
                        Ok(None)
                    } else {
                        message::read(conversation, image).map(|message| Some(message.head))
                    }
                };
                let (before, after) = (read(before)?, read(after)?);
                match ConversationEvent::of_message(before.as_ref(), after.as_ref()) {
                    Some(event) => Ok(self.change(workspace, (conversation, event)).await?.map(Changed::Message)),
                    None => Ok(None),
                }
            }
            StreamKey::BulkAction(..)
            | StreamKey::Content(..)
            | StreamKey::Customer(..)
            | StreamKey::File(..)
            | StreamKey::RemovalQueue(..) => Ok(None),
        }
    }

    /// Returns the workspace of a record that an event can come from.
    #[must_use]
    pub fn workspace_of(key: &Image) -> Option<WorkspaceId> {
        workspace_of(key)
    }

    /// Returns the store of a workspace; `None` if it is being deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the table does not respond.
    pub async fn open(&self, workspace: WorkspaceId) -> Result<Option<TenantStore>, StoreError> {
        self.0.open(workspace).await
    }

    /// Parses a record for the event log. Returns `None` if no event can come from it.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when an image cannot be read.
    pub fn read_for_log(
        tenant: &TenantStore,
        key: Image,
        before: Image,
        after: Image,
    ) -> Result<Option<LogChange>, StoreError> {
        read_change(tenant, key, before, after)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.0
    }

    /// Adds the store of the workspace; `None` if the workspace is being deleted.
    async fn change<T>(&self, workspace: WorkspaceId, change: T) -> Result<Option<Change<T>>, StoreError> {
        Ok(self.0.open(workspace).await?.map(|tenant| Change { tenant, change }))
    }
}

/// Derives the change of a conversation's own item. Returns `None` if it has no event and no new version.
fn conversation(id: ConversationId, before: Item, after: Item) -> Result<Option<ConversationChange>, StoreError> {
    // The removed item was the tombstone, the last item of the conversation.
    let version_before = integer(&before, attributes::VERSION).and_then(|version| u64::try_from(version).ok());
    let Some(after) = state(after)? else { return Ok(None) };
    let change = match (state(before), after) {
        // A deletion has its events also if the conversation before cannot be read.
        (Err(_), after @ ConversationState::Deleted { .. }) => {
            let mut change = ConversationChange::between(id, None, after);
            change.events.push(ConversationEvent::CountChanged { from: None, to: None });
            change
        }
        (before, after) => ConversationChange::between(id, before?, after),
    };
    // An update to the same values has no event, but the log of changes shows its version and `updatedAt`.
    let is_change = !change.events.is_empty() || version_before != Some(change.version);
    Ok(is_change.then_some(change))
}

/// Parses an image of a conversation's own item. Returns `None` if it did not exist.
pub(crate) fn state(image: Item) -> Result<Option<ConversationState>, StoreError> {
    if image.is_empty() {
        return Ok(None);
    }
    if image.contains_key(attributes::DELETED_AT) {
        let version = integer(&image, attributes::VERSION).and_then(|version| u64::try_from(version).ok());
        let at = Timestamp::from_millis(integer(&image, attributes::DELETED_AT).unwrap_or_default());
        return Ok(Some(ConversationState::Deleted { version: version.unwrap_or_default(), at }));
    }
    let text = |attribute| string(&image, attribute).map(str::to_owned);
    let (mark, cause) = (text(attributes::METADATA_MARK), text(attributes::CAUSE));
    let cause = cause.as_deref().and_then(Cause::parse);
    let live = |stored: StoredConversation| {
        // Created with the conversation, large metadata has no mark yet.
        let metadata_mark = stored.lacks_metadata.then(|| mark.unwrap_or_default());
        let conversation = stored.conversation;
        ConversationState::Live(Box::new(LiveConversation { conversation, metadata_mark, cause }))
    };
    Ok(StoredConversation::read(image)?.map(live))
}
