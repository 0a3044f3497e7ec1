//! The change feed: turns a record of the table's stream into a typed change.
//!
//! This is the only place that reads stream images. Consumers get events of the domain.

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
    keys::{Owned, execution_of, owned, shards_of},
    message,
};

/// An item as a stream record shows it, before or after a change. Empty when the item did not exist.
pub type Image = serde_dynamo::Item;

/// Reads the table's stream. A record's key says to which workspace it belongs, and the table wrote that key, so the feed
/// belongs to no workspace. No function of the API creates one.
#[derive(Debug, Clone)]
pub struct ChangeFeed(Store);

/// A change, with its workspace's items.
#[derive(Debug)]
pub struct Change<T> {
    /// The workspace's items.
    pub tenant: TenantStore,
    /// What has changed.
    pub change: T,
}

/// A change of something.
#[derive(Debug)]
pub enum Changed {
    /// A conversation's own row.
    Conversation(Change<ConversationChange>),
    /// A row of a thread.
    Message(Change<(ConversationId, ConversationEvent)>),
    /// A customer's own row.
    Customer(Change<(CustomerId, CustomerEvent)>),
    /// A file's own row: the file was deleted.
    File(FileChange),
}

/// A job whose next step is due.
#[derive(Debug)]
pub enum DueStep {
    /// The step of a bulk action.
    Bulk(Change<(BulkActionId, u64)>),
    /// The step of an automation's run, which is due while the run is in this version.
    Execution(Change<(AutomationId, ExecutionId, u64)>),
}

impl ChangeFeed {
    /// Reads changes of the whole table.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    /// Reads a record that may say that a job's next step is due.
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
        match owned(pk, sk)? {
            Owned::BulkAction(workspace, id) => {
                let tenant = self.tenant(workspace, Shards::default());
                Some(DueStep::Bulk(Change { tenant, change: (id, count("step")?) }))
            }
            _ => None,
        }
    }

    /// Reads a record. Returns `None` when no event follows from it.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when an image cannot be read.
    pub fn read(&self, key: Image, before: Image, after: Image) -> Result<Option<Changed>, StoreError> {
        let [key, before, after]: [Item; 3] = [key.into(), before.into(), after.into()];
        let Some(owned) = string(&key, "pk").zip(string(&key, "sk")).and_then(|(pk, sk)| owned(pk, sk)) else {
            return Ok(None);
        };
        match owned {
            Owned::Conversation(workspace, id) => self.conversation(workspace, id, before, after),
            Owned::Message(workspace, conversation) => self.message(workspace, conversation, before, after),
            Owned::Customer(workspace) => {
                let tenant = self.tenant(workspace, Shards::default());
                Ok(customer::event(&before, &after).map(|change| Changed::Customer(Change { tenant, change })))
            }
            Owned::File(workspace, id) => {
                let tenant = self.tenant(workspace, Shards::default());
                Ok(FileChange::of(tenant, id, &after).map(Changed::File))
            }
            Owned::BulkAction(..) => Ok(None),
        }
    }

    fn conversation(
        &self,
        workspace: WorkspaceId,
        id: ConversationId,
        before: Item,
        after: Item,
    ) -> Result<Option<Changed>, StoreError> {
        // The partition on which the conversation is listed tells over how many the workspace's are spread.
        let shards = string(&after, attributes::STATUS_PARTITION).and_then(|partition| shards_of(id, partition));
        let tenant = self.tenant(workspace, shards.map_or(Shards::default(), Shards::both));
        let before = state(before)?;
        // A removed tombstone was the last row of its conversation.
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

/// Reads a conversation's row at one moment; `None` when it did not exist.
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
    let (metadata_mark, cause) = (text(attributes::METADATA_MARK), text(attributes::CAUSE));
    let cause = cause.as_deref().and_then(Cause::parse);
    let live = |stored: StoredConversation| {
        let conversation = stored.conversation;
        ConversationState::Live(Box::new(LiveConversation { conversation, metadata_mark, cause }))
    };
    Ok(StoredConversation::read(image)?.map(live))
}
