//! Data keys: the first one of a table, and their rotation.

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{
    Automation, Collected, DataKeyId, Inbox, Sealed, StoredSecret, Timestamp, WebhookEndpoint, WorkspaceId,
};

use super::Operator;
use crate::{
    StoreError, TenantStore,
    collection::read_resource,
    condition::Condition,
    expression::{Update, text},
    identity::stored_secrets,
    item::Item,
    keys::Key,
    operator::delete::LONGEST_RUN_SECONDS,
    secret::{CURRENT_TTL_MS, DataKeys, Place, key_of},
};

/// A stored secret and where it is.
#[derive(Debug)]
pub(crate) struct Located {
    pub key: Key,
    /// The path of the attribute.
    pub path: Vec<&'static str>,
    pub place: Place,
    pub sealed: Sealed,
}

/// A rotation of the data key: new secrets are encrypted with a new one, and the stored ones are moved to it.
#[derive(Debug)]
pub struct SecretsRotation {
    operator: Operator,
    keys: DataKeys,
    /// Whether this continues a rotation that was interrupted.
    pub is_resumed: bool,
    /// The time from which on no process encrypts with a previous data key.
    pub ready_at: Timestamp,
}

/// What one walk over all stored secrets did.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct SecretsMoved {
    /// The secrets that the table has.
    pub found: u64,
    /// The secrets that were encrypted with the new data key.
    pub moved: u64,
    /// The secrets that were updated by a request meanwhile. The next walk looks at them again.
    pub skipped: u64,
}

impl Operator {
    /// AP-120: generates the table's first data key, if it has none.
    ///
    /// # Errors
    /// When the table or KMS does not respond.
    pub async fn ensure_data_key(&self) -> Result<(), StoreError> {
        if self.store().encryption().is_none() || self.store().find_data_keys().await?.is_some() {
            return Ok(());
        }
        let new = self.store().generate_data_key().await?;
        let first = DataKeys::first(DataKeyId::generate(self.store().clock()), new.wrapped);
        // If another process was faster, its data key is the first one.
        self.store().put_data_keys(&first).await.map(drop)
    }

    /// AP-121: starts to rotate the data key, or continues a rotation that was interrupted. Each process encrypts with the new
    /// data key within a minute.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another rotation was started at the same time.
    pub async fn start_secrets_rotation(&self) -> Result<SecretsRotation, StoreError> {
        self.ensure_data_key().await?;
        let store = self.store();
        let stored = store.data_keys().await?;
        let is_resumed = stored.previous() > 0;
        let keys = if is_resumed {
            stored
        } else {
            let new = store.generate_data_key().await?;
            let next = stored.rotated(DataKeyId::generate(store.clock()), new.wrapped);
            if !store.put_data_keys(&next).await? {
                return Err(StoreError::Busy("another rotation was started at the same time".to_owned()));
            }
            next
        };
        store.forget_current_data_key();
        let now = store.clock().now();
        let ready_at = Timestamp::from_millis(now.as_millis() + CURRENT_TTL_MS).plus_seconds(LONGEST_RUN_SECONDS);
        Ok(SecretsRotation { operator: self.clone(), keys, is_resumed, ready_at })
    }
}

impl SecretsRotation {
    /// How long requests that read a secret before a walk may still write it back afterwards: two minutes.
    pub const PAUSE_SECONDS: i64 = LONGEST_RUN_SECONDS;

    /// AP-121: encrypts every stored secret of all workspaces with the new data key, if it is not yet. Each write is conditional
    /// on the secret that was read, so that an update of a request is never lost.
    ///
    /// # Errors
    /// When the table or KMS does not respond, and when a secret cannot be decrypted: the error names its place.
    pub async fn move_secrets(&self) -> Result<SecretsMoved, StoreError> {
        let mut moved = SecretsMoved::default();
        for workspace in self.operator.list_workspaces().await? {
            let Some(tenant) = self.operator.open(workspace.id).await? else { continue };
            for secret in tenant.stored_secrets().await? {
                moved.found += 1;
                if key_of(&secret.sealed)? == self.keys.current() {
                    continue;
                }
                if self.move_one(&tenant, secret).await.map_err(|error| at(workspace.id, error))? {
                    moved.moved += 1;
                } else {
                    moved.skipped += 1;
                }
            }
        }
        Ok(moved)
    }

    async fn move_one(&self, tenant: &TenantStore, secret: Located) -> Result<bool, StoreError> {
        let Located { key, path, place, sealed } = secret;
        let named = |error| match error {
            StoreError::Internal(text) => StoreError::Internal(format!("{place:?}: {text}")),
            other => other,
        };
        let plain = tenant.unseal(&sealed, &place).await.map_err(named)?;
        let new = tenant.seal(&plain, &place).await?;
        let mut update = Update::default();
        let attribute = update.set_path(&path, AttributeValue::S(new.as_str().to_owned()));
        let before = update.value("before", text(sealed.as_str()));
        tenant.update_if(key, update, Condition::raw(format!("{attribute} = {before}"))).await
    }

    /// AP-121: removes the previous data keys. Call it after a walk that began after [`SecretsRotation::ready_at`], at least
    /// [`SecretsRotation::PAUSE_SECONDS`] after the one before, and moved and skipped nothing.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when another command has rotated the data key meanwhile.
    pub async fn finish(&self) -> Result<(), StoreError> {
        if !self.operator.store().put_data_keys(&self.keys.without_previous()).await? {
            return Err(StoreError::Busy("another command has rotated the data key meanwhile".to_owned()));
        }
        Ok(())
    }
}

fn at(workspace: WorkspaceId, error: StoreError) -> StoreError {
    match error {
        StoreError::Internal(text) => StoreError::Internal(format!("workspace {workspace}: {text}")),
        other => other,
    }
}

impl TenantStore {
    /// AP-121: reads all secrets of the workspace, still encrypted. A new kind of secret must be added here.
    async fn stored_secrets(&self) -> Result<Vec<Located>, StoreError> {
        let workspace = self.get(self.keys().workspace()).await?.ok_or(StoreError::NotFound)?;
        let mut secrets = stored_secrets(&self.keys().workspace(), workspace)?;
        secrets.extend(self.secrets_of::<Automation>().await?);
        secrets.extend(self.secrets_of::<Inbox>().await?);
        secrets.extend(self.secrets_of::<WebhookEndpoint>().await?);
        Ok(secrets)
    }

    /// Reads the secrets of all resources of a kind, archived ones included.
    async fn secrets_of<T: Collected>(&self) -> Result<Vec<Located>, StoreError> {
        let mut items = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(self.keys().collection(T::KIND)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut secrets = Vec::new();
        while let Some(found) = items.next().await {
            let found: Item = found.map_err(|e| StoreError::from_sdk(&e))?;
            let mut resource = read_resource::<T>(found)?;
            for (name, secret) in resource.fields.secrets_mut() {
                let StoredSecret::Sealed(sealed) = secret.clone() else { continue };
                secrets.push(Located {
                    key: self.keys().resource(T::KIND, resource.id),
                    path: std::iter::once("fields").chain(name.split('.')).collect(),
                    place: Place::of_resource::<T>(resource.id, name),
                    sealed,
                });
            }
        }
        Ok(secrets)
    }
}
