use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_sdk_dynamodb::{Client, operation::update_item::UpdateItemError};
use deskless_domain::{
    ApiKey, AuditActor, BodyLimit, Clock, ConversationId, CustomerId, Identity, KeyId, Kind, MemberId, SecretHash,
    Shards, Status, WorkspaceId,
};
use tokio::time::Instant;

use crate::{
    Backoff, Bucket, DataKeyProvider, StoreError,
    api_key::{self, Credential},
    audit::Attribution,
    automation::{self, TriggeredAutomations},
    cache::TtlCache,
    collection::{self, Names},
    condition::Condition,
    delivery::StartDelivery,
    expression::Update,
    identity,
    item::Item,
    keys::{Key, TenantKeys, shard_of, shard_of_customer},
    rate::RateWindows,
    secret::Secrets,
    work::Work,
    workspace::{self, WorkspaceSettings},
};

/// The table and the bucket, without a workspace. [`Store::tenant`] gives access to one workspace.
#[derive(Debug, Clone)]
pub struct Store {
    inner: Arc<Inner>,
    bucket: Option<Arc<Bucket>>,
    failed_records: Option<Arc<Bucket>>,
    secrets: Option<Arc<Secrets>>,
    deliveries: Option<Arc<dyn StartDelivery>>,
}

#[derive(Debug)]
struct Inner {
    client: Client,
    table: String,
    clock: Arc<dyn Clock>,
    caches: Caches,
    rate_windows: Mutex<RateWindows>,
}

/// The caches of this process.
#[derive(Debug)]
pub(crate) struct Caches {
    pub keys: TtlCache<SecretHash, Arc<ApiKey>>,
    /// Apart from the known keys, so that unknown ones cannot displace them.
    pub unknown_keys: TtlCache<SecretHash, ()>,
    pub keys_by_id: TtlCache<(WorkspaceId, KeyId), Arc<ApiKey>>,
    pub workspaces: TtlCache<WorkspaceId, Arc<WorkspaceSettings>>,
    pub names: TtlCache<(WorkspaceId, Kind), Arc<Names>>,
    pub identities: TtlCache<WorkspaceId, Arc<Identity>>,
    pub triggers: TtlCache<WorkspaceId, Arc<TriggeredAutomations>>,
    /// The workspaces that have an event log. They keep it.
    pub logs: TtlCache<WorkspaceId, ()>,
    /// The newest sequence of their logs when it was last read.
    pub log_ends: TtlCache<WorkspaceId, u64>,
}

impl Store {
    /// Creates a store over the table named `table`.
    pub fn new(client: Client, table: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        let inner = Inner {
            client,
            table: table.into(),
            clock,
            caches: Caches {
                keys: TtlCache::new(api_key::CACHED),
                unknown_keys: TtlCache::new(api_key::UNKNOWN_CACHED),
                keys_by_id: TtlCache::new(api_key::CACHED),
                workspaces: TtlCache::new(workspace::CACHED),
                names: TtlCache::new(collection::CACHED),
                identities: TtlCache::new(identity::CACHED),
                triggers: TtlCache::new(automation::CACHED),
                logs: TtlCache::new(workspace::CACHED),
                log_ends: TtlCache::new(workspace::CACHED),
            },
            rate_windows: Mutex::default(),
        };
        Self { inner: Arc::new(inner), bucket: None, failed_records: None, secrets: None, deliveries: None }
    }

    /// Returns the same store, with a bucket for files.
    #[must_use]
    pub fn with_bucket(self, bucket: Option<Bucket>) -> Self {
        Self { bucket: bucket.map(Arc::new), ..self }
    }

    /// Returns the same store, with a bucket for failed stream records.
    #[must_use]
    pub fn with_failed_records(self, bucket: Option<Bucket>) -> Self {
        Self { failed_records: bucket.map(Arc::new), ..self }
    }

    /// Returns the same store, with a source of data keys for the encryption of secrets.
    #[must_use]
    pub fn with_data_keys(self, provider: Option<Arc<dyn DataKeyProvider>>) -> Self {
        Self { secrets: provider.map(Secrets::new).map(Arc::new), ..self }
    }

    /// Returns the same store, with a way to start deliveries to webhooks.
    #[must_use]
    pub fn with_deliveries(self, deliveries: Option<Arc<dyn StartDelivery>>) -> Self {
        Self { deliveries, ..self }
    }

    /// Returns the process's clock.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }

    /// Returns the way to start deliveries to webhooks, if there is one.
    pub(crate) fn deliveries(&self) -> Option<&dyn StartDelivery> {
        self.deliveries.as_deref()
    }

    /// Returns the encryption of secrets, if it is configured.
    pub(crate) fn encryption(&self) -> Option<&Secrets> {
        self.secrets.as_deref()
    }

    /// Returns the bucket for failed stream records, if there is one.
    pub(crate) fn failed_records(&self) -> Option<&Bucket> {
        self.failed_records.as_deref()
    }

    pub(crate) fn client(&self) -> &Client {
        &self.inner.client
    }

    pub(crate) fn table(&self) -> &str {
        &self.inner.table
    }

    pub(crate) fn caches(&self) -> &Caches {
        &self.inner.caches
    }

    /// Returns the store of the workspace that an API key belongs to. The key is its actor in the audit log.
    #[must_use]
    pub fn tenant(&self, credential: &Credential) -> TenantStore {
        let actor = AuditActor::ApiKey { id: credential.id, name: credential.name.clone() };
        let tenant = TenantStore::new(self.clone(), credential.workspace_id, credential.shards());
        tenant.with_body_limit(credential.body_limit()).acting_as(actor)
    }

    /// Opens the connection to DynamoDB, so that the first request does not wait for the TLS handshake. Errors are ignored,
    /// because the first request reports them.
    pub async fn warm_up(&self) {
        let missing = Key { pk: "warm-up".to_owned(), sk: "A".to_owned() };
        let _ = self.client().get_item().table_name(self.table()).set_key(Some(missing.attributes())).send().await;
    }

    /// Opens the connection to S3, if there is a bucket. Errors are ignored.
    pub async fn warm_up_bucket(&self) {
        if let Some(bucket) = &self.bucket {
            bucket.warm_up().await;
        }
    }

    /// Reads one item, strongly consistent.
    pub(crate) async fn get(&self, key: Key) -> Result<Option<Item>, StoreError> {
        self.get_with(key, true).await
    }

    /// Reads one item, strongly or eventually consistent.
    pub(crate) async fn get_with(&self, key: Key, consistent: bool) -> Result<Option<Item>, StoreError> {
        self.client()
            .get_item()
            .table_name(self.table())
            .set_key(Some(key.attributes()))
            .consistent_read(consistent)
            .send()
            .await
            .map(|output| output.item)
            .map_err(|e| StoreError::from_sdk(&e))
    }
}

/// The store of one workspace. Every key that it builds starts with the workspace's id.
#[derive(Debug, Clone)]
pub struct TenantStore {
    store: Store,
    keys: TenantKeys,
    shards: Shards,
    body_limit: BodyLimit,
    /// The end of the retries of a caller that retries itself.
    deadline: Option<Instant>,
    /// Who uses the store, for the audit log.
    attribution: Arc<Attribution>,
    work: Work,
}

impl TenantStore {
    pub(crate) fn new(store: Store, workspace: WorkspaceId, shards: Shards) -> Self {
        let attribution = Arc::new(Attribution { actor: AuditActor::System, request_id: None, is_customer: false });
        let body_limit = BodyLimit::DEFAULT;
        Self {
            store,
            keys: TenantKeys(workspace),
            shards,
            body_limit,
            deadline: None,
            attribution,
            work: Work::default(),
        }
    }

    pub(crate) fn with_body_limit(self, body_limit: BodyLimit) -> Self {
        Self { body_limit, ..self }
    }

    /// Returns the most characters of a message's body on the routes of the API, at most 20 s old.
    #[must_use]
    pub fn body_limit(&self) -> BodyLimit {
        self.body_limit
    }

    pub(crate) fn attribution(&self) -> &Attribution {
        &self.attribution
    }

    pub(crate) fn with_attribution(&self, attribution: Arc<Attribution>) -> Self {
        Self { attribution, ..self.clone() }
    }

    /// Starts a series of attempts, with pauses between them.
    #[must_use]
    pub fn backoff(&self) -> Backoff<'_> {
        Backoff::new(self.clock(), self.deadline)
    }

    /// Returns this store for calls within a series of attempts: their own retries end with the series, so that they do not
    /// add up.
    #[must_use]
    pub fn within(&self, attempts: &Backoff<'_>) -> Self {
        Self { deadline: Some(attempts.deadline()), ..self.clone() }
    }

    /// Returns this store for work that ends at a time: retries end then.
    #[must_use]
    pub fn until(&self, end: Instant) -> Self {
        Self { deadline: Some(end), ..self.clone() }
    }

    /// Returns the count of the records that this store and its clones read.
    #[must_use]
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// Returns the id of the workspace.
    #[must_use]
    pub fn workspace_id(&self) -> WorkspaceId {
        self.keys.0
    }

    /// Returns the process's clock.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        self.store.clock()
    }

    pub(crate) fn client(&self) -> &Client {
        self.store.client()
    }

    pub(crate) fn caches(&self) -> &Caches {
        self.store.caches()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the bucket.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when no bucket is configured.
    pub(crate) fn bucket(&self) -> Result<&Bucket, StoreError> {
        let missing = || {
            StoreError::Internal(
                "no bucket for files is configured. Set FILES_BUCKET for a function, or --bucket for a command"
                    .to_owned(),
            )
        };
        self.store.bucket.as_deref().ok_or_else(missing)
    }

    pub(crate) fn table(&self) -> &str {
        self.store.table()
    }

    pub(crate) fn rate_windows(&self) -> MutexGuard<'_, RateWindows> {
        self.store.inner.rate_windows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn keys(&self) -> TenantKeys {
        self.keys
    }

    /// Returns the partition of the first index for a conversation with this status.
    pub(crate) fn status_partition(&self, id: ConversationId, status: Status) -> String {
        self.keys.by_status(status, shard_of(id, self.shards.write))
    }

    /// Returns all partitions of the first index for conversations with this status.
    pub(crate) fn status_partitions(&self, status: Status) -> impl Iterator<Item = String> {
        let keys = self.keys;
        (0..self.shards.read.max(1)).map(move |shard| keys.by_status(status, shard))
    }

    /// Returns the partition of the third index for a conversation with this assignee.
    pub(crate) fn assignee_partition(&self, id: ConversationId, member: MemberId) -> String {
        self.keys.by_assignee(member, shard_of(id, self.shards.write))
    }

    /// Returns all partitions of the third index for conversations with this assignee.
    pub(crate) fn assignee_partitions(&self, member: MemberId) -> impl Iterator<Item = String> {
        let keys = self.keys;
        (0..self.shards.read.max(1)).map(move |shard| keys.by_assignee(member, shard))
    }

    /// Returns the partition of the fourth index for a conversation.
    pub(crate) fn creation_partition(&self, id: ConversationId) -> String {
        self.keys.by_creation(shard_of(id, self.shards.write))
    }

    /// Returns all partitions of the fourth index.
    pub(crate) fn creation_partitions(&self) -> impl Iterator<Item = String> {
        let keys = self.keys;
        (0..self.shards.read.max(1)).map(move |shard| keys.by_creation(shard))
    }

    /// Returns the partition of the first index that lists a customer.
    pub(crate) fn customer_partition(&self, id: &CustomerId) -> String {
        self.keys.customer_listing(shard_of_customer(id, self.shards.write))
    }

    /// Returns all partitions of the first index that list customers.
    pub(crate) fn customer_partitions(&self) -> impl Iterator<Item = String> {
        let keys = self.keys;
        (0..self.shards.read.max(1)).map(move |shard| keys.customer_listing(shard))
    }

    /// Reads one item, strongly consistent.
    pub(crate) async fn get(&self, key: Key) -> Result<Option<Item>, StoreError> {
        self.store.get(key).await
    }

    /// Deletes one item, if it exists.
    pub(crate) async fn delete(&self, key: Key) -> Result<(), StoreError> {
        let request = self.client().delete_item().table_name(self.table()).set_key(Some(key.attributes()));
        request.send().await.map(drop).map_err(|e| StoreError::from_sdk(&e))
    }

    /// Updates one item if the condition holds, and returns whether it did. If the response was lost, the SDK's retry fails
    /// the condition and returns `false`.
    pub(crate) async fn update_if(&self, key: Key, update: Update, condition: Condition) -> Result<bool, StoreError> {
        let (expression, condition_expression) = (update.expression(), condition.expression());
        let (names, values) = condition.placeholders(update);
        let request = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(key.attributes()))
            .update_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .set_condition_expression(condition_expression);
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(false),
                _ => Err(StoreError::from_sdk(&error)),
            },
        }
    }
}
