//! Encryption of stored secrets: identity secrets, webhook secrets and providers' secrets.
//!
//! A data key encrypts the secrets of all workspaces of a table. It is stored in the table too, encrypted by AWS KMS or, on
//! the local stack, by a key file: see [`DataKeyProvider`]. A secret's encryption is bound to its workspace and its place,
//! so that it cannot be moved to another workspace, object or field.

mod cipher;
mod data_keys;
mod provider;

use std::{num::NonZeroUsize, sync::Arc};

use deskless_domain::{Collected, DataKeyId, Resource, Sealed, SecretId, StoredSecret};

pub(crate) use cipher::{DataKey, key_of};
pub(crate) use data_keys::DataKeys;
pub use provider::{DATA_KEY_BYTES, DataKeyProvider, NewDataKey, PlainDataKey};

use crate::{Store, StoreError, TenantStore, cache::TtlCache};

/// How long a process caches a decrypted data key: five minutes. A busy process then calls KMS 12 times an hour.
const KEY_TTL_MS: i64 = 5 * 60_000;
/// How long a process may encrypt with a data key that is not the current one any more: one minute.
pub(crate) const CURRENT_TTL_MS: i64 = 60_000;
/// The maximum number of data keys that a process caches. A table has one, and two during a rotation.
const CACHED: NonZeroUsize = NonZeroUsize::new(8).expect("8 is not zero");

/// The source of data keys, and the ones that this process has decrypted.
#[derive(Debug)]
pub(crate) struct Secrets {
    provider: Arc<dyn DataKeyProvider>,
    keys: TtlCache<DataKeyId, Arc<DataKey>>,
    current: TtlCache<(), Arc<DataKey>>,
}

impl Secrets {
    pub fn new(provider: Arc<dyn DataKeyProvider>) -> Self {
        Self { provider, keys: TtlCache::new(CACHED), current: TtlCache::new(NonZeroUsize::MIN) }
    }
}

/// The place of a stored secret, which its encryption is bound to.
#[derive(Debug, Clone)]
pub(crate) struct Place(String);

impl Place {
    /// Returns the place of a secret that signs customer tokens.
    pub fn identity(id: SecretId) -> Self {
        Self(format!("identity/{id}"))
    }

    /// Returns the place of the secret that signs tokens of anonymous customers.
    pub fn anonymous(id: SecretId) -> Self {
        Self(format!("anonymous/{id}"))
    }

    /// Returns the place of a resource's secret.
    pub fn of_resource<T: Collected>(id: T::Id, name: &str) -> Self {
        Self(format!("{}/{id}/{name}", T::KIND.plural()))
    }
}

impl Store {
    fn secrets(&self) -> Result<&Secrets, StoreError> {
        self.encryption().ok_or_else(|| {
            StoreError::Internal(
                "no key for secrets is configured. Set SECRETS_KEY or SECRETS_KEY_FILE for a function, or --secrets-key \
                 for a command"
                    .to_owned(),
            )
        })
    }

    /// Returns the data key with this id. Reads the table and decrypts the key if the process has not cached it.
    pub(crate) async fn data_key(&self, id: DataKeyId) -> Result<Arc<DataKey>, StoreError> {
        match self.secrets()?.keys.get(&id, self.clock().now(), KEY_TTL_MS) {
            Some(key) => Ok(key),
            None => self.decrypted(&self.data_keys().await?, id).await,
        }
    }

    /// Returns the data key that encrypts new secrets, at most a minute late after a rotation.
    async fn current_data_key(&self) -> Result<Arc<DataKey>, StoreError> {
        let (secrets, now) = (self.secrets()?, self.clock().now());
        if let Some(key) = secrets.current.get(&(), now, CURRENT_TTL_MS) {
            return Ok(key);
        }
        let stored = self.data_keys().await?;
        let key = self.decrypted(&stored, stored.current()).await?;
        secrets.current.put((), Arc::clone(&key), now);
        Ok(key)
    }

    async fn decrypted(&self, stored: &DataKeys, id: DataKeyId) -> Result<Arc<DataKey>, StoreError> {
        let (secrets, now) = (self.secrets()?, self.clock().now());
        if let Some(key) = secrets.keys.get(&id, now, KEY_TTL_MS) {
            return Ok(key);
        }
        let wrapped = stored
            .wrapped(id)
            .ok_or_else(|| StoreError::Internal(format!("the data key {id} of a stored secret is not in the table")))?;
        let key = Arc::new(DataKey::new(id, &secrets.provider.unwrap(wrapped).await?)?);
        secrets.keys.put(id, Arc::clone(&key), now);
        Ok(key)
    }

    /// Generates a data key.
    pub(crate) async fn generate_data_key(&self) -> Result<NewDataKey, StoreError> {
        self.secrets()?.provider.generate().await
    }

    /// Makes this process read the current data key again.
    pub(crate) fn forget_current_data_key(&self) {
        if let Some(secrets) = self.encryption() {
            secrets.current.remove(&());
        }
    }
}

impl TenantStore {
    /// Encrypts a secret of this workspace.
    pub(crate) async fn seal(&self, secret: &str, place: &Place) -> Result<Sealed, StoreError> {
        let key = self.store().current_data_key().await?;
        key.seal(secret, &self.bound_to(place), self.clock())
    }

    /// Decrypts a secret of this workspace.
    pub(crate) async fn unseal(&self, sealed: &Sealed, place: &Place) -> Result<String, StoreError> {
        let key = self.store().data_key(key_of(sealed)?).await?;
        key.open(sealed, &self.bound_to(place))
    }

    /// Returns the associated data of a secret's encryption.
    fn bound_to(&self, place: &Place) -> String {
        format!("deskless/{}/{}", self.workspace_id(), place.0)
    }

    /// Returns a resource whose new secrets are encrypted.
    pub(crate) async fn with_sealed_secrets<T: Collected>(
        &self,
        resource: &Resource<T>,
    ) -> Result<Resource<T>, StoreError> {
        let mut sealed = resource.clone();
        for (name, secret) in sealed.fields.secrets_mut() {
            if let StoredSecret::New(plain) = secret {
                let place = Place::of_resource::<T>(resource.id, name);
                *secret = StoredSecret::Sealed(self.seal(plain, &place).await?);
            }
        }
        Ok(sealed)
    }

    /// Decrypts a secret of a resource. `name` is the one that the resource's fields give it.
    ///
    /// # Errors
    /// When the secret was modified or belongs to another place, or when the table or KMS does not respond.
    pub async fn reveal<T: Collected>(
        &self,
        id: T::Id,
        name: &str,
        secret: &StoredSecret,
    ) -> Result<String, StoreError> {
        match secret {
            StoredSecret::New(plain) => Ok(plain.clone()),
            StoredSecret::Sealed(sealed) => self.unseal(sealed, &Place::of_resource::<T>(id, name)).await,
        }
    }
}
