//! The change feed: converts records of the table's stream to typed changes.
//!
//! No other module reads stream images. Consumers get domain events.

use deskless_domain::{
    AutomationId, BulkActionId, Cause, ConversationChange, ConversationEvent, ConversationId, ConversationState,
    CustomerEvent, CustomerId, ExecutionId, LiveConversation, Shards, WorkspaceId,
};

use crate::{
    FileChange, Store, StoreError, TenantStore,
    automation::SHARDS,
    conversation::{StoredConversation, attributes, progress},
    customer,
    item::{Item, integer, string},
    keys::{StreamKey, execution_of, shards_of, stream_key},
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
    /// A customer's own item.
    Customer(Change<(CustomerId, CustomerEvent)>),
    /// A file's own item: the file was deleted.
    File(FileChange),
}

/// A job's step that is due.
#[derive(Debug)]
pub enum DueStep {
    /// The step of a bulk action.
    Bulk(Change<(BulkActionId, u64)>),
    /// The step of an execution that is due in this version.
    Execution(Change<(AutomationId, ExecutionId, u64)>),
}

impl ChangeFeed {
    /// Creates a feed of the whole table.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    /// Parses a stream record of a job. Returns `None` unless the job has a step that is due.
    #[must_use]
    pub fn due_step(&self, key: Image, after: Image) -> Option<DueStep> {
        let [key, after]: [Item; 2] = [key.into(), after.into()];
        let _ = string(&after, "job")?;
        let (pk, sk) = (string(&key, "pk")?, string(&key, "sk")?);
        let count = |attribute: &str| integer(&after, attribute).and_then(|count| u64::try_from(count).ok());
        if let Some((workspace, automation, id)) = execution_of(pk, sk) {
            let version = count(attributes::VERSION)?;
            let shards = count(SHARDS).and_then(|shards| u8::try_from(shards).ok());
            let tenant = self.tenant(workspace, shards.map_or(Shards::default(), Shards::both));
            return Some(DueStep::Execution(Change { tenant, change: (automation, id, version) }));
        }
        match stream_key(pk, sk)? {
            StreamKey::BulkAction(workspace, id) => {
                let tenant = self.tenant(workspace, Shards::default());
                Some(DueStep::Bulk(Change { tenant, change: (id, count("step")?) }))
            }
            _ => None,
        }
    }

    /// Parses a stream record. Returns `None` if it causes no event.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when an image cannot be read.
    pub fn read(&self, key: Image, before: Image, after: Image) -> Result<Option<Changed>, StoreError> {
        let [key, before, after]: [Item; 3] = [key.into(), before.into(), after.into()];
        let Some(key) = string(&key, "pk").zip(string(&key, "sk")).and_then(|(pk, sk)| stream_key(pk, sk)) else {
            return Ok(None);
        };
        match key {
            StreamKey::Conversation(workspace, id) => self.conversation(workspace, id, before, after),
            StreamKey::Message(workspace, conversation) => self.message(workspace, conversation, before, after),
            StreamKey::Customer(workspace) => {
                let tenant = self.tenant(workspace, Shards::default());
                Ok(customer::event(&before, &after).map(|change| Changed::Customer(Change { tenant, change })))
            }
            StreamKey::File(workspace, id) => {
                let tenant = self.tenant(workspace, Shards::default());
                Ok(FileChange::of(tenant, id, &after).map(Changed::File))
            }
            StreamKey::BulkAction(..) => Ok(None),
        }
    }

    fn conversation(
        &self,
        workspace: WorkspaceId,
        id: ConversationId,
        before: Item,
        after: Item,
    ) -> Result<Option<Changed>, StoreError> {
        // The number of the workspace's index partitions is derived from the conversation's partition.
        let shards = string(&after, attributes::STATUS_PARTITION).and_then(|partition| shards_of(id, partition));
        let tenant = self.tenant(workspace, shards.map_or(Shards::default(), Shards::both));
        let before = state(before)?;
        // The removed item was the tombstone, the last item of the conversation.
        let Some(after) = state(after)? else { return Ok(None) };
        let change = ConversationChange::between(id, before, after);
        Ok((!change.events.is_empty()).then_some(Changed::Conversation(Change { tenant, change })))
    }

    fn message(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
        before: Item,
        after: Item,
    ) -> Result<Option<Changed>, StoreError> {
        let read = |image: Item| if image.is_empty() { Ok(None) } else { message::read(conversation, image).map(Some) };
        let (before, after) = (read(before)?, read(after)?);
        let event = ConversationEvent::of_message(before.as_ref(), after.as_ref());
        let tenant = self.tenant(workspace, Shards::default());
        Ok(event.map(|event| Changed::Message(Change { tenant, change: (conversation, event) })))
    }

    fn tenant(&self, workspace: WorkspaceId, shards: Shards) -> TenantStore {
        TenantStore::new(self.0.clone(), workspace, shards)
    }
}

/// Parses an image of a conversation's own item. Returns `None` if it did not exist.
fn state(image: Item) -> Result<Option<ConversationState>, StoreError> {
    if image.is_empty() {
        return Ok(None);
    }
    if image.contains_key(attributes::DELETED_AT) {
        let version = integer(&image, attributes::VERSION).and_then(|version| u64::try_from(version).ok());
        let (version, removed) = (version.unwrap_or_default(), progress(&image));
        return Ok(Some(ConversationState::Deleted { version, removed }));
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
