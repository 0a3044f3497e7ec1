//! What the table's stream tells.

use deskless_domain::{BulkActionId, ConversationId, Shards, Status};

use crate::{
    ExecutionJob, FileChange, Store, TenantStore,
    automation::{Happened, SHARDS},
    conversation::{attributes, progress},
    item::{Item, integer, string},
    keys::{Owned, execution_of, owned},
};

/// An item as the stream shows it: before or after a change.
pub type Image = serde_dynamo::Item;

/// The worker on the table's stream. It belongs to no workspace: each record's key says whose it is, and the table wrote
/// that key. No function of the API makes one.
#[derive(Debug, Clone)]
pub struct Worker(Store);

/// A change that something follows from.
#[derive(Debug)]
pub enum Changed {
    /// Of a conversation's own item.
    Conversation(ConversationChange),
    /// Of a customer's own item.
    Customer(CustomerChange),
    /// Of a file's own item: it was deleted.
    File(FileChange),
}

/// A job with work left, of which an item tells.
#[derive(Debug)]
pub enum Job {
    /// A bulk action.
    Bulk(BulkJob),
    /// A run of an automation.
    Execution(ExecutionJob),
}

/// A bulk action whose next step is due.
#[derive(Debug)]
pub struct BulkJob {
    /// Its workspace's items.
    pub tenant: TenantStore,
    /// Which one.
    pub id: BulkActionId,
    /// Its progress, which calls for the step.
    pub step: u64,
}

/// What a change of a conversation's own item calls for.
#[derive(Debug)]
pub struct ConversationChange {
    /// Its workspace's items.
    pub tenant: TenantStore,
    /// Which one.
    pub id: ConversationId,
    /// Its version after the change.
    pub version: u64,
    /// What it counts as from now on, if that is something else than before; `Some(None)`: as nothing, it is deleted.
    pub counts_as: Option<Option<Status>>,
    /// The progress of its removal, if that has changed: it calls for the next step.
    pub purged: Option<u64>,
    /// What may set automations off.
    pub(crate) happened: Option<Happened>,
}

/// What a change of a customer's own item calls for.
#[derive(Debug)]
pub struct CustomerChange {
    /// Their workspace's items.
    pub tenant: TenantStore,
    /// Their item after the change; before it, if it was removed.
    pub(crate) image: Item,
    /// Whether the table has removed the item, whose time was over.
    pub(crate) is_removed: bool,
}

impl Worker {
    /// Works on the whole table.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    /// Reads one record of the stream that tells of a job: an item's key, and the item as it is now. `None`: there is
    /// nothing to do.
    #[must_use]
    pub fn read_job(&self, key: Image, after: Image) -> Option<Job> {
        let [key, after]: [Item; 2] = [key.into(), after.into()];
        let _ = string(&after, "job")?;
        let (pk, sk) = (string(&key, "pk")?, string(&key, "sk")?);
        let count = |attribute: &str| integer(&after, attribute).and_then(|count| u64::try_from(count).ok());
        let tenant = |workspace| TenantStore::new(self.0.clone(), workspace, Shards::default());
        if let Some((workspace, automation_id, id)) = execution_of(pk, sk) {
            let version = count(attributes::VERSION)?;
            let shards = count(SHARDS).and_then(|shards| u8::try_from(shards).ok());
            let shards = shards.map_or(Shards::default(), |shards| Shards { read: shards, write: shards });
            let tenant = tenant(workspace).with_shards(shards);
            return Some(Job::Execution(ExecutionJob { tenant, automation_id, id, version }));
        }
        match owned(pk, sk)? {
            Owned::BulkAction(workspace, id) => {
                Some(Job::Bulk(BulkJob { tenant: tenant(workspace), id, step: count("step")? }))
            }
            Owned::Conversation(..) | Owned::Customer(_) | Owned::File(..) => None,
        }
    }

    /// Reads one record of the stream: an item's key, and the item before and after. `None`: nothing follows from it.
    #[must_use]
    pub fn read(&self, key: Image, before: Image, after: Image) -> Option<Changed> {
        let [key, before, after]: [Item; 3] = [key.into(), before.into(), after.into()];
        match owned(string(&key, "pk")?, string(&key, "sk")?)? {
            Owned::Conversation(workspace, id) => {
                let tenant = TenantStore::new(self.0.clone(), workspace, Shards::default());
                let (was, is) = (counts_as(&before), counts_as(&after));
                let purged = purged(&after).filter(|_| purged(&before) != purged(&after));
                let version = integer(&after, attributes::VERSION).and_then(|version| u64::try_from(version).ok());
                // A tombstone that goes takes everything with it, its count too: nothing is left to do.
                let (version, happened) = (version?, Happened::read(&before, &after));
                let counts_as = (was != is).then_some(is);
                let change = ConversationChange { tenant, id, version, counts_as, purged, happened };
                let is_of_interest = counts_as.is_some() || purged.is_some() || change.happened.is_some();
                is_of_interest.then_some(Changed::Conversation(change))
            }
            Owned::BulkAction(..) => None,
            Owned::File(workspace, id) => {
                let is_deleted = |item: &Item| item.contains_key(attributes::DELETED_AT);
                let tenant = TenantStore::new(self.0.clone(), workspace, Shards::default());
                let conversation = string(&after, "conversationId").and_then(ConversationId::parse);
                is_deleted(&after).then_some(Changed::File(FileChange { tenant, id, conversation }))
            }
            Owned::Customer(workspace) => {
                let tenant = TenantStore::new(self.0.clone(), workspace, Shards::default());
                if after.is_empty() {
                    let change = CustomerChange { tenant, image: before, is_removed: true };
                    return change.is_erasure().then_some(Changed::Customer(change));
                }
                let of_interest = |item: &Item| {
                    ["version", "refreshedTo", "erasureStep"].map(|attribute| item.get(attribute).cloned())
                };
                let change = CustomerChange { tenant, image: after, is_removed: false };
                // Nobody has a conversation with a customer who is new; who never had a record may be erased.
                let is_new = before.is_empty() && !change.is_erasure();
                (!is_new && of_interest(&before) != of_interest(&change.image)).then_some(Changed::Customer(change))
            }
        }
    }
}

fn counts_as(item: &Item) -> Option<Status> {
    if item.contains_key(attributes::DELETED_AT) {
        return None;
    }
    string(item, attributes::STATUS).and_then(|status| Status::parse(status).ok())
}

fn purged(item: &Item) -> Option<u64> {
    item.contains_key(attributes::DELETED_AT).then(|| progress(item))
}
