//! API keys: AP-01 and AP-26 to AP-29. A key is looked up by the hash of its secret and cached for 20 s.

mod list;
mod update;

pub use list::KeyPage;
pub use update::{KeyPatch, StoredKey};

use std::{num::NonZeroUsize, ops::Deref, sync::Arc};

use data_encoding::BASE32_NOPAD;
use deskless_domain::{
    ApiKey, ApiKeySecret, AuditAction, AuditEvent, BodyLimit, KeyId, KeyKind, Origin, RateLimit, Scope, SecretHash,
    Shards, Timestamp, Title, WorkspaceId, authorization::KeyTerms,
};
use serde::{Deserialize, Serialize};

use crate::{
    IdempotencyKey, Store, StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, text},
    idempotency::{Attempt, Attempts},
    item::{self, Item},
    keys::{TenantKeys, root},
    transaction::{Transaction, WriteIndex},
    workspace::WorkspaceSettings,
};

/// How long a process caches an API key: 20 s. With a request in progress, a revoked key works for less than 30 s.
const TTL_MS: i64 = 20_000;
/// How long a process remembers that an API key is unknown: 5 s.
const UNKNOWN_TTL_MS: i64 = 5_000;
/// The maximum number of unknown API keys that a process remembers. They are 32 bytes each.
pub(crate) const UNKNOWN_CACHED: NonZeroUsize = NonZeroUsize::new(10_000).expect("10,000 is not zero");
/// The attribute that counts the workspace's API keys that are not revoked.
const KEYS: &str = "keys";
/// The maximum number of API keys that a process caches.
pub(crate) const CACHED: NonZeroUsize = NonZeroUsize::new(1000).expect("1000 is not zero");

/// An authenticated API key. Only [`Store::find_key`] returns one, and [`Store::tenant`] takes one for a [`TenantStore`].
#[derive(Debug, Clone)]
pub struct Credential {
    key: Arc<ApiKey>,
    workspace: Arc<WorkspaceSettings>,
}

impl Credential {
    /// Returns the number of index partitions of the key's workspace.
    pub(crate) fn shards(&self) -> Shards {
        self.workspace.shards
    }

    /// Returns the limit of message bodies in the key's workspace.
    pub(crate) fn body_limit(&self) -> BodyLimit {
        self.workspace.body_limit
    }

    /// Returns the limit of all requests of the key's workspace together.
    #[must_use]
    pub fn workspace_rate_limit(&self) -> RateLimit {
        self.workspace.rate_limit
    }
}

impl Deref for Credential {
    type Target = ApiKey;

    fn deref(&self) -> &ApiKey {
        &self.key
    }
}

/// An API key to create.
#[derive(Debug, Clone)]
pub struct KeyRequest {
    /// The display name.
    pub name: Title,
    /// The kind.
    pub kind: KeyKind,
    /// The scopes.
    pub scopes: Vec<Scope>,
    /// The web origins from which the key may be used. Empty means any.
    pub allowed_origins: Vec<Origin>,
    /// The time at which it expires.
    pub expires_at: Option<Timestamp>,
    /// The rate limit, if it differs from the default.
    pub rate_limit: Option<RateLimit>,
}

/// A new API key with its secret, which is not stored and cannot be shown again.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The key.
    pub key: ApiKey,
    /// The secret, which requests send.
    pub secret: ApiKeySecret,
}

impl KeyRequest {
    /// Returns what the new key may do.
    #[must_use]
    pub fn terms(&self) -> KeyTerms<'_> {
        let Self { scopes, allowed_origins, expires_at, rate_limit, .. } = self;
        KeyTerms { scopes, expires_at: *expires_at, allowed_origins, rate_limit: *rate_limit }
    }
}

/// The outcome of [`TenantStore::create_key_once`].
#[derive(Debug, Clone)]
pub enum KeyCreation {
    /// The key was created.
    Created(NewKey),
    /// An earlier request with the same idempotency key created it. Its secret is not stored, so it cannot be shown again.
    Replayed(ApiKey),
}

/// The item of an API key, stored twice: at the secret's hash and in the workspace's list. `validUntil` is not called
/// `expiresAt`, because DynamoDB deletes items after their `expiresAt`, and an expired key gets another error than an
/// unknown one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiKeyItem {
    id: KeyId,
    workspace_id: WorkspaceId,
    name: Title,
    kind: KeyKind,
    scopes: Vec<Scope>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    allowed_origins: Vec<Origin>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate_limit: Option<RateLimit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_by: Option<KeyId>,
    last4: String,
    hash: String,
    /// Keys from before versions were introduced have version 1.
    #[serde(rename = "v", default = "first_version")]
    version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<i64>,
}

fn first_version() -> u64 {
    1
}

impl ApiKeyItem {
    fn of(key: &ApiKey, hash: &SecretHash) -> Self {
        Self {
            id: key.id,
            workspace_id: key.workspace_id,
            name: key.name.clone(),
            kind: key.kind,
            scopes: key.scopes.clone(),
            allowed_origins: key.allowed_origins.clone(),
            valid_until: key.expires_at.map(Timestamp::as_millis),
            revoked_at: key.revoked_at.map(Timestamp::as_millis),
            rate_limit: key.rate_limit,
            created_by: key.created_by,
            last4: key.last4.clone(),
            hash: BASE32_NOPAD.encode(hash.as_bytes()),
            version: key.version,
            updated_at: Some(key.updated_at.as_millis()),
        }
    }

    fn hash(&self) -> Result<SecretHash, StoreError> {
        BASE32_NOPAD
            .decode(self.hash.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(SecretHash::from_bytes)
            .ok_or_else(|| StoreError::Internal("an API key's hash cannot be read".to_owned()))
    }

    fn into_key(self) -> ApiKey {
        ApiKey {
            id: self.id,
            workspace_id: self.workspace_id,
            name: self.name,
            kind: self.kind,
            scopes: self.scopes,
            allowed_origins: self.allowed_origins,
            expires_at: self.valid_until.map(Timestamp::from_millis),
            revoked_at: self.revoked_at.map(Timestamp::from_millis),
            rate_limit: self.rate_limit,
            created_by: self.created_by,
            last4: self.last4,
            updated_at: self.updated_at.map_or(self.id.time(), Timestamp::from_millis),
            version: self.version,
        }
    }
}

impl Store {
    /// AP-01: looks up an API key and its workspace. Returns `None` for an unknown key, and for a key of a workspace that is
    /// being deleted.
    ///
    /// Revoked and expired keys are returned. The caller checks them.
    ///
    /// Repeats of an unknown key cost one read in 5 s. A new key works at once, because its secret was in no request before.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn find_key(&self, secret: &ApiKeySecret) -> Result<Option<Credential>, StoreError> {
        let hash = secret.hash();
        let now = self.clock().now();
        let key = if let Some(key) = self.caches().keys.get(&hash, now, TTL_MS) {
            key
        } else if self.caches().unknown_keys.get(&hash, now, UNKNOWN_TTL_MS).is_some() {
            return Ok(None);
        } else {
            let Some(found) = self.get(root::api_key(&hash)).await? else {
                self.caches().unknown_keys.put(hash, (), now);
                return Ok(None);
            };
            let key = Arc::new(item::read::<ApiKeyItem>(found)?.into_key());
            self.caches().keys.put(hash, Arc::clone(&key), now);
            key
        };
        let workspace = self.settings(key.workspace_id).await?;
        Ok(workspace.map(|workspace| Credential { key, workspace }))
    }
}

impl TenantStore {
    /// AP-26: creates an API key in this workspace.
    ///
    /// # Errors
    /// [`StoreError::TooManyKeys`].
    pub async fn create_key(&self, request: KeyRequest) -> Result<NewKey, StoreError> {
        match self.create_key_once(request, None, None).await? {
            Some(KeyCreation::Created(new)) => Ok(new),
            Some(KeyCreation::Replayed(_)) | None => {
                Err(StoreError::Internal("an outcome was replayed without an idempotency key".to_owned()))
            }
        }
    }

    /// AP-26: creates an API key in this workspace, with an idempotency key. The recorded outcome does not contain the
    /// secret.
    ///
    /// The same transaction counts the key, so concurrent requests cannot exceed the maximum. With a `grantor`, it also checks
    /// that this key has not changed since it was read. Returns `None` if it has: read it again and retry.
    ///
    /// # Errors
    /// [`StoreError::TooManyKeys`] when the workspace has [`ApiKey::MAX_KEYS`] keys that are not revoked;
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn create_key_once(
        &self,
        request: KeyRequest,
        key: Option<&IdempotencyKey>,
        grantor: Option<&ApiKey>,
    ) -> Result<Option<KeyCreation>, StoreError> {
        if let Some(earlier) = self.replay(key).await? {
            return Ok(Some(KeyCreation::Replayed(earlier)));
        }
        let secret = ApiKeySecret::generate(request.kind, self.clock());
        let id = KeyId::generate(self.clock());
        let new = ApiKey {
            id,
            workspace_id: self.workspace_id(),
            name: request.name,
            kind: request.kind,
            scopes: request.scopes,
            allowed_origins: request.allowed_origins,
            expires_at: request.expires_at,
            rate_limit: request.rate_limit,
            revoked_at: None,
            created_by: grantor.map(|grantor| grantor.id),
            last4: secret.last4().to_owned(),
            updated_at: id.time(),
            version: 1,
        };
        let attributes = ApiKeyItem::of(&new, &secret.hash());
        let mut transaction = Transaction::default();
        transaction.put_new(self, item::write(root::api_key(&secret.hash()), &attributes)?)?;
        transaction.put_new(self, item::write(self.keys().api_key_listing(id), &attributes)?)?;
        let mut count = Update::default();
        count.add(KEYS, 1);
        let has_room = Condition::missing_or_less_than(KEYS, number(ApiKey::MAX_KEYS));
        let counted = transaction.update(self, self.keys().api_key_count(), count, has_room)?;
        let event = AuditEvent::new(AuditAction::ApiKeyCreated, id).with_scopes(&[], &new.scopes);
        self.add_audit_entry(&mut transaction, event)?;
        let grant = grantor.map(|grantor| self.check_key(&mut transaction, grantor)).transpose()?;
        match Attempts::new(self, key).commit(transaction, &new).await? {
            Attempt::Committed => Ok(Some(KeyCreation::Created(NewKey { key: new, secret }))),
            Attempt::Replayed(earlier) => Ok(Some(KeyCreation::Replayed(earlier))),
            Attempt::Failed(failed) if grant.is_some_and(|grant| failed.at(grant)) => Ok(None),
            Attempt::Failed(failed) if failed.at(counted) => Err(StoreError::TooManyKeys),
            Attempt::Failed(_) => Err(StoreError::Internal("the id of a new API key exists already".to_owned())),
        }
    }

    /// Adds a check that a key has not changed since it was read, so that a decision about its rights still holds when the
    /// transaction is committed.
    pub(crate) fn check_key(&self, transaction: &mut Transaction, key: &ApiKey) -> Result<WriteIndex, StoreError> {
        let unchanged = Condition::exists().version_or_first(key.version);
        transaction.check(self, self.keys().api_key_listing(key.id), unchanged)
    }

    /// AP-101: returns an API key by its id, at most 20 s old, for work in the background that continues with its rights.
    /// Returns `None` if there is no such key.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn cached_key(&self, id: KeyId) -> Result<Option<Arc<ApiKey>>, StoreError> {
        let (now, cached) = (self.clock().now(), &self.caches().keys_by_id);
        if let Some(key) = cached.get(&(self.workspace_id(), id), now, TTL_MS) {
            return Ok(Some(key));
        }
        let Some(found) = self.get(self.keys().api_key_listing(id)).await? else { return Ok(None) };
        let key = Arc::new(item::read::<ApiKeyItem>(found)?.into_key());
        cached.put((self.workspace_id(), id), Arc::clone(&key), now);
        Ok(Some(key))
    }

    /// Reads all API keys of the workspace, oldest first, revoked ones included.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn list_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let mut keys = Vec::new();
        let mut pages = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", text(self.keys().workspace().pk))
            .expression_attribute_values(":prefix", text(TenantKeys::API_KEY_PREFIX))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        while let Some(found) = pages.next().await {
            let found: Item = found.map_err(|e| StoreError::from_sdk(&e))?;
            keys.push(item::read::<ApiKeyItem>(found)?.into_key());
        }
        Ok(keys)
    }
}
