//! The change feed: converts records of the table's stream to typed changes.
//!
//! No other module reads stream images. Consumers get domain events.

use deskless_domain::{
    AutomationId, BulkActionId, Cause, ConversationChange, ConversationEvent, ConversationId, ConversationState,
    CustomerEvent, CustomerId, ExecutionId, LiveConversation, Shards, Status, WorkspaceId,
};

use crate::{
    FileChange, Store, StoreError, TenantStore,
    automation::SHARDS,
    conversation::{StoredConversation, attributes, removal_step},
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
    Customer(Change<(CustomerId, CustomerEvent)>),
    /// The erasure of a deleted file.
    File(FileChange),
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
    /// [`StoreError::Internal`] when an image cannot be read.
    pub fn due_step(&self, key: Image, before: Image, after: Image) -> Result<Option<DueStep>, StoreError> {
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
            let shards = count(SHARDS).ok().and_then(|shards| u8::try_from(shards).ok());
            let tenant = self.tenant(workspace, shards.map_or(Shards::default(), Shards::both));
            let change = (automation, id, count(attributes::VERSION)?);
            return Ok(Some(DueStep::Execution(Change { tenant, change })));
        }
        let Some(key) = stream_key(pk, sk) else { return Ok(None) };
        let tenant = |workspace| self.tenant(workspace, Shards::default());
        match key {
            StreamKey::BulkAction(workspace, id) if !after.is_empty() => {
                Ok(Some(DueStep::Bulk(Change { tenant: tenant(workspace), change: (id, count("step")?) })))
            }
            StreamKey::RemovalQueue(workspace) => {
                let step = removal_step(&after);
                Ok(step.map(|step| DueStep::Removals(Change { tenant: tenant(workspace), change: step })))
            }
            StreamKey::Customer(workspace) => Ok(customer::event(&before, &after)
                .map(|change| DueStep::Customer(Change { tenant: tenant(workspace), change }))),
            StreamKey::File(workspace, id) => {
                Ok(FileChange::of(tenant(workspace), id, &before, &after).map(DueStep::File))
            }
            StreamKey::BulkAction(..) | StreamKey::Conversation(..) | StreamKey::Message(..) => Ok(None),
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
            StreamKey::BulkAction(..) | StreamKey::Customer(..) | StreamKey::File(..) | StreamKey::RemovalQueue(..) => {
                Ok(None)
            }
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
        // The removed item was the tombstone, the last item of the conversation.
        let Some(after) = state(after)? else { return Ok(None) };
        let status = string(&before, attributes::STATUS).and_then(|status| Status::parse(status).ok());
        let change = match (state(before), after) {
            // A deletion has its events also if the conversation before cannot be read.
            (Err(_), after @ ConversationState::Deleted { .. }) => {
                let mut change = ConversationChange::between(id, None, after);
                change
                    .events
                    .extend(status.map(|from| ConversationEvent::StatusChanged { from: Some(from), to: None }));
                change
            }
            (before, after) => ConversationChange::between(id, before?, after),
        };
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

    pub(crate) fn store(&self) -> &Store {
        &self.0
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
        return Ok(Some(ConversationState::Deleted { version: version.unwrap_or_default() }));
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
