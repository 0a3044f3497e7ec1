use std::{num::NonZeroUsize, sync::Arc};

use deskless_domain::{BodyLimit, RateLimit, Reach, Shards, Timestamp, Title, WorkspaceId};
use serde::{Deserialize, Serialize};

use crate::{
    Store, StoreError, TenantStore,
    item::{self},
    keys::TenantKeys,
};

/// How long a process caches a workspace's settings: 20 s.
pub(crate) const TTL_MS: i64 = 20_000;
/// The maximum number of workspaces whose settings a process caches.
pub(crate) const CACHED: NonZeroUsize = NonZeroUsize::new(1000).expect("1000 is not zero");

/// A workspace, which is a tenant.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// The id. Every key of the workspace's items starts with it.
    pub id: WorkspaceId,
    /// The display name.
    pub name: Title,
}

/// What every request of a workspace needs to know of it.
#[derive(Debug, Clone)]
pub(crate) struct WorkspaceSettings {
    /// The display name.
    pub name: Title,
    /// The number of index partitions.
    pub shards: Shards,
    /// The limit of all requests together.
    pub rate_limit: RateLimit,
    /// The limit of message bodies.
    pub body_limit: BodyLimit,
    /// Where webhook endpoints may be.
    pub webhook_reach: Reach,
    /// The counters that are read and written.
    pub counters: CounterGenerations,
}

/// The generations of a workspace's counters. A recount builds the next generation while the current one is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CounterGenerations {
    /// The generation that is read.
    pub read: u64,
    /// The generation that changes are counted in.
    pub write: u64,
}

/// The attributes of a workspace's own item. Its entry in the list has only the first two.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkspaceItem {
    pub id: WorkspaceId,
    pub name: Title,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_shards: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_shards: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_body_characters: Option<BodyLimit>,
    /// Whether webhooks may go to this machine: only on the local stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_webhooks: Option<bool>,
    /// The generation of the counters that is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<u64>,
    /// The generation that a recount builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_counters: Option<u64>,
    /// The start of the recount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recount_started_at: Option<i64>,
    /// The start of the workspace's deletion. Its keys are invalid from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<i64>,
}

/// The attribute names of [`WorkspaceItem`] that operators write.
pub(crate) mod attributes {
    pub(crate) const COUNTERS: &str = "counters";
    pub(crate) const DELETED_AT: &str = "deletedAt";
    pub(crate) const LOCAL_WEBHOOKS: &str = "localWebhooks";
    pub(crate) const MAX_BODY_CHARACTERS: &str = "maxBodyCharacters";
    pub(crate) const NEXT_COUNTERS: &str = "nextCounters";
    pub(crate) const RATE_LIMIT: &str = "rateLimit";
    pub(crate) const READ_SHARDS: &str = "readShards";
    pub(crate) const RECOUNT_STARTED_AT: &str = "recountStartedAt";
    pub(crate) const WRITE_SHARDS: &str = "writeShards";
}

impl WorkspaceItem {
    /// Returns the item of a new workspace.
    pub fn new(id: WorkspaceId, name: Title) -> Self {
        Self {
            id,
            name,
            read_shards: None,
            write_shards: None,
            rate_limit: None,
            max_body_characters: None,
            local_webhooks: None,
            counters: None,
            next_counters: None,
            recount_started_at: None,
            deleted_at: None,
        }
    }

    /// Checks that the workspace is not being deleted.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if it is.
    pub fn check_live(&self) -> Result<(), StoreError> {
        if self.deleted_at.is_none() {
            return Ok(());
        }
        Err(StoreError::Busy("the workspace is being deleted: run `deskless workspace delete` again".to_owned()))
    }

    /// Returns the settings.
    pub fn settings(&self) -> WorkspaceSettings {
        let default = Shards::default();
        let read = self.counters.unwrap_or_default();
        WorkspaceSettings {
            name: self.name.clone(),
            shards: Shards {
                read: self.read_shards.unwrap_or(default.read),
                write: self.write_shards.unwrap_or(default.write),
            },
            rate_limit: self.rate_limit.unwrap_or(RateLimit::DEFAULT_OF_WORKSPACE),
            body_limit: self.max_body_characters.unwrap_or_default(),
            webhook_reach: if self.local_webhooks == Some(true) { Reach::PublicAndLoopback } else { Reach::Public },
            counters: CounterGenerations { read, write: self.next_counters.unwrap_or(read) },
        }
    }

    /// Returns the start of the recount that runs.
    pub fn recount(&self) -> Option<Timestamp> {
        self.recount_started_at.map(Timestamp::from_millis)
    }
}

impl Store {
    /// Returns the settings of a workspace, at most 20 s old; `None` if there is none, or if it is being deleted.
    ///
    /// # Errors
    /// When the table does not respond.
    pub(crate) async fn settings(&self, id: WorkspaceId) -> Result<Option<Arc<WorkspaceSettings>>, StoreError> {
        let now = self.clock().now();
        if let Some(settings) = self.caches().workspaces.get(&id, now, TTL_MS) {
            return Ok(Some(settings));
        }
        let Some(found) = self.get(TenantKeys(id).workspace()).await? else { return Ok(None) };
        let item: WorkspaceItem = item::read(found)?;
        if item.deleted_at.is_some() {
            return Ok(None);
        }
        let settings = Arc::new(item.settings());
        self.caches().workspaces.put(id, Arc::clone(&settings), now);
        Ok(Some(settings))
    }

    /// Returns the store of a workspace; `None` if there is none, or if it is being deleted.
    ///
    /// # Errors
    /// When the table does not respond.
    pub(crate) async fn open(&self, id: WorkspaceId) -> Result<Option<TenantStore>, StoreError> {
        let settings = self.settings(id).await?;
        Ok(settings
            .map(|settings| TenantStore::new(self.clone(), id, settings.shards).with_body_limit(settings.body_limit)))
    }
}

impl TenantStore {
    /// Returns the workspace's name, at most 20 s old.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn workspace_name(&self) -> Result<Option<String>, StoreError> {
        Ok(self.store().settings(self.workspace_id()).await?.map(|settings| settings.name.to_string()))
    }

    /// Returns where webhook endpoints of the workspace may be, at most 20 s old.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn webhook_reach(&self) -> Result<Reach, StoreError> {
        let settings = self.store().settings(self.workspace_id()).await?;
        Ok(settings.map(|settings| settings.webhook_reach).unwrap_or_default())
    }
}
