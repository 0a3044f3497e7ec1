//! The change feed: converts records of the table's stream to typed changes.
//!
//! No other module reads stream images. Consumers get domain events.

use deskless_domain::{
    AutomationId, BulkActionId, Cause, ConversationChange, ConversationEvent, ConversationId, ConversationState,
    CustomerEvent, CustomerId, ExecutionId, LiveConversation, WorkspaceId,
};

use crate::{
    FileChange, Store, StoreError, TenantStore,
    conversation::{StoredConversation, attributes, progress},
    customer,
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
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn due_step(&self, key: Image, after: Image) -> Result<Option<DueStep>, StoreError> {
        let [key, after]: [Item; 2] = [key.into(), after.into()];
        let Some(step) = Step::of(&key, &after) else { return Ok(None) };
        let Some(tenant) = self.0.open(step.workspace()).await? else { return Ok(None) };
        Ok(Some(match step {
            Step::Bulk(_, id, step) => DueStep::Bulk(Change { tenant, change: (id, step) }),
            Step::Execution(_, automation, id, version) => {
                DueStep::Execution(Change { tenant, change: (automation, id, version) })
            }
        }))
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
            StreamKey::Conversation(workspace, id) => {
                let before = state(before)?;
                // The removed item was the tombstone, the last item of the conversation.
                let Some(after) = state(after)? else { return Ok(None) };
                let change = ConversationChange::between(id, before, after);
                Ok(self.change(workspace, change).await?.map(Changed::Conversation))
            }
            StreamKey::Message(workspace, conversation) => {
                let read = |image: Item| {
                    if image.is_empty() { Ok(None) } else { message::read(conversation, image).map(Some) }
                };
                let (before, after) = (read(before)?, read(after)?);
                match ConversationEvent::of_message(before.as_ref(), after.as_ref()) {
                    Some(event) => Ok(self.change(workspace, (conversation, event)).await?.map(Changed::Message)),
                    None => Ok(None),
                }
            }
            StreamKey::Customer(workspace) => match customer::event(&before, &after) {
                Some(event) => Ok(self.change(workspace, event).await?.map(Changed::Customer)),
                None => Ok(None),
            },
            StreamKey::File(workspace, id) => {
                let tenant = self.0.open(workspace).await?;
                Ok(tenant.and_then(|tenant| FileChange::of(tenant, id, &after)).map(Changed::File))
            }
            StreamKey::BulkAction(..) => Ok(None),
        }
    }

    /// Adds the store of the workspace; `None` if the workspace is being deleted.
    async fn change<T>(&self, workspace: WorkspaceId, change: T) -> Result<Option<Change<T>>, StoreError> {
        Ok(self.0.open(workspace).await?.map(|tenant| Change { tenant, change }))
    }
}

/// The step of a job, as a record names it.
enum Step {
    Bulk(WorkspaceId, BulkActionId, u64),
    Execution(WorkspaceId, AutomationId, ExecutionId, u64),
}

impl Step {
    fn of(key: &Item, after: &Item) -> Option<Self> {
        let _ = string(after, "job")?;
        let (pk, sk) = (string(key, "pk")?, string(key, "sk")?);
        let count = |attribute: &str| integer(after, attribute).and_then(|count| u64::try_from(count).ok());
        if let Some((workspace, automation, id)) = execution_of(pk, sk) {
            return Some(Self::Execution(workspace, automation, id, count(attributes::VERSION)?));
        }
        match stream_key(pk, sk)? {
            StreamKey::BulkAction(workspace, id) => Some(Self::Bulk(workspace, id, count("step")?)),
            _ => None,
        }
    }

    fn workspace(&self) -> WorkspaceId {
        match self {
            Self::Bulk(workspace, ..) | Self::Execution(workspace, ..) => *workspace,
        }
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
