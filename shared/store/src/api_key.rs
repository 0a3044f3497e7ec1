//! Who holds a key: looked up by the secret's hash, remembered for a moment.

mod list;
mod update;

pub use list::KeyPage;
pub use update::KeyPatch;

use std::{num::NonZeroUsize, ops::Deref, sync::Arc};

use data_encoding::BASE32_NOPAD;
use deskless_domain::{
    ApiKey, ApiKeySecret, KeyId, KeyKind, Origin, Scope, SecretHash, Shards, Timestamp, Title, WorkspaceId,
};
use lru::LruCache;
use serde::{Deserialize, Serialize};

use crate::{
    Once, Repeat, Store, StoreError, TenantStore,
    backoff::Backoff,
    expression::text,
    item::{self, Item},
    keys::{TenantKeys, root},
    transaction::{ABSENT, Outcome, Transaction},
};

/// How long a process trusts what it read: with the request that is under way, a revoked key works for less than 30 s.
const TRUSTED_FOR_MS: i64 = 20_000;
/// How many keys a process remembers.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(1000).expect("1000 is not zero");

/// A key that was looked up. Nothing but [`Store::find_key`] makes one, and a [`TenantStore`] is got for one only.
#[derive(Debug, Clone)]
pub struct Credential(Arc<ApiKey>);

impl Deref for Credential {
    type Target = ApiKey;

    fn deref(&self) -> &ApiKey {
        &self.0
    }
}

/// Keys that this process looked up, with the wall clock's time of the look-up: the monotonic clock of a frozen
/// Lambda stands still. Unknown keys are not remembered.
#[derive(Debug)]
pub(crate) struct KeyCache(LruCache<SecretHash, (Credential, Timestamp)>);

impl Default for KeyCache {
    fn default() -> Self {
        Self(LruCache::new(REMEMBERED))
    }
}

impl KeyCache {
    fn get(&mut self, hash: &SecretHash, now: Timestamp) -> Option<Credential> {
        let (credential, read_at) = self.0.get(hash)?;
        // An age below zero means that the clock was set back: then nothing is known about the age.
        (0..TRUSTED_FOR_MS).contains(&(now.as_millis() - read_at.as_millis())).then(|| credential.clone())
    }

    fn put(&mut self, hash: SecretHash, credential: Credential, now: Timestamp) {
        self.0.put(hash, (credential, now));
    }
}

/// What a new key shall be.
#[derive(Debug, Clone)]
pub struct KeyRequest {
    /// What people call it.
    pub name: Title,
    /// Whom it is for.
    pub kind: KeyKind,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// From which web origins it may be used; empty: from anywhere.
    pub allowed_origins: Vec<Origin>,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// A key with its secret, which is not stored and cannot be shown again.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The key.
    pub key: ApiKey,
    /// What its holder sends.
    pub secret: ApiKeySecret,
}

/// The same attributes under the secret's hash and in the workspace's listing. `validUntil` is not called `expiresAt`,
/// because the table deletes what has an `expiresAt`, and an expired key shall be told apart from an unknown one.
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
    last4: String,
    hash: String,
    read_shards: u8,
    write_shards: u8,
    /// Keys made before there was a version are in their first one.
    #[serde(default = "first_version")]
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
            last4: key.last4.clone(),
            hash: BASE32_NOPAD.encode(hash.as_bytes()),
            read_shards: key.shards.read,
            write_shards: key.shards.write,
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
            .ok_or_else(|| StoreError::Internal("a key's hash cannot be read".to_owned()))
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
            last4: self.last4,
            shards: Shards { read: self.read_shards, write: self.write_shards },
            updated_at: self.updated_at.map_or(self.id.time(), Timestamp::from_millis),
            version: self.version,
        }
    }
}

impl Store {
    /// AP-01: who holds this key? `None` for a key that nobody has.
    ///
    /// Revoked and expired keys are found: what to tell their holder is the caller's to decide.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn find_key(&self, secret: &ApiKeySecret) -> Result<Option<Credential>, StoreError> {
        let hash = secret.hash();
        let now = self.clock().now();
        if let Some(credential) = self.key_cache().get(&hash, now) {
            return Ok(Some(credential));
        }
        let Some(found) = self.get(root::api_key(&hash)).await? else { return Ok(None) };
        let credential = Credential(Arc::new(item::read::<ApiKeyItem>(found)?.into_key()));
        self.key_cache().put(hash, credential.clone(), now);
        Ok(Some(credential))
    }
}

impl TenantStore {
    /// Makes a key of this workspace. The secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn create_key(&self, request: KeyRequest) -> Result<NewKey, StoreError> {
        match self.create_key_once(request, None).await? {
            Once::Done(new) => Ok(new),
            Once::Replayed(_) => Err(StoreError::Internal("there was nothing to replay".to_owned())),
        }
    }

    /// AP-26: makes a key of this workspace, once for each Idempotency-Key. The answer that is stored for a repeat must
    /// not hold the secret.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn create_key_once(
        &self,
        request: KeyRequest,
        repeat: Option<Repeat<'_, NewKey>>,
    ) -> Result<Once<NewKey>, StoreError> {
        if let Some(answer) = self.replay(repeat.as_ref()).await? {
            return Ok(Once::Replayed(answer));
        }
        let secret = ApiKeySecret::generate(request.kind, self.clock());
        let id = KeyId::generate(self.clock());
        let key = ApiKey {
            id,
            workspace_id: self.workspace_id(),
            name: request.name,
            kind: request.kind,
            scopes: request.scopes,
            allowed_origins: request.allowed_origins,
            expires_at: request.expires_at,
            revoked_at: None,
            last4: secret.last4().to_owned(),
            shards: self.shards(),
            updated_at: id.time(),
            version: 1,
        };
        let attributes = ApiKeyItem::of(&key, &secret.hash());
        let new = NewKey { key, secret };
        let mut backoff = Backoff::new(self.clock());
        loop {
            let mut transaction = Transaction::default();
            let by_secret = root::api_key(&new.secret.hash());
            transaction.put(self, item::write(by_secret, &attributes)?, Some(ABSENT))?;
            let listing = self.keys().api_key_listing(new.key.id);
            transaction.put(self, item::write(listing, &attributes)?, Some(ABSENT))?;
            let record = match &repeat {
                Some(repeat) => Some(self.remember(&mut transaction, repeat, &new)?),
                None => None,
            };
            match transaction.commit(self, &mut backoff).await? {
                Outcome::Committed => return Ok(Once::Done(new)),
                Outcome::Refused(refusal) if record.is_some_and(|slot| refusal.of(slot).is_some()) => {}
                Outcome::Refused(_) => return Err(StoreError::Internal("a new key exists already".to_owned())),
            }
            if let Some(answer) = self.replay(repeat.as_ref()).await? {
                return Ok(Once::Replayed(answer));
            }
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("a record of an earlier answer keeps changing".to_owned()));
            }
        }
    }

    /// The workspace's keys, oldest first, revoked ones included.
    ///
    /// # Errors
    /// When the table does not answer.
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
