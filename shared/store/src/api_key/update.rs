use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{ApiKey, KeyId, Origin, Scope, SecretHash, Timestamp, Title};

use super::ApiKeyItem;
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    expression::{Update, number, text},
    item,
    keys::root,
    transaction::{Outcome, Transaction},
};

/// What to change of a key. `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct KeyPatch {
    /// What people call it.
    pub name: Option<Title>,
    /// What it allows.
    pub scopes: Option<Vec<Scope>>,
    /// From which web origins it may be used; empty: from anywhere.
    pub allowed_origins: Option<Vec<Origin>>,
    /// When it stops working, if ever.
    pub expires_at: Option<Option<Timestamp>>,
}

impl KeyPatch {
    fn write(&self, update: &mut Update) {
        if let Some(name) = &self.name {
            update.set("name", text(name));
        }
        if let Some(scopes) = &self.scopes {
            update.set("scopes", AttributeValue::L(scopes.iter().map(text).collect()));
        }
        match self.allowed_origins.as_deref() {
            None => {}
            Some([]) => update.remove("allowedOrigins"),
            Some(origins) => {
                let origins = origins.iter().map(|origin| text(origin.as_str())).collect();
                update.set("allowedOrigins", AttributeValue::L(origins));
            }
        }
        match self.expires_at {
            None => {}
            Some(None) => update.remove("validUntil"),
            Some(Some(end)) => update.set("validUntil", number(end.as_millis())),
        }
    }
}

impl TenantStore {
    /// AP-28: one key, read strongly, also when it is revoked.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such key.
    pub async fn get_key(&self, id: KeyId) -> Result<ApiKey, StoreError> {
        self.listed_key(id).await.map(|(key, _)| key)
    }

    /// AP-29: changes a key, everywhere within 30 s. `expected` holds the versions under which the caller wants the
    /// change; `None` means any.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`], [`StoreError::Revoked`].
    pub async fn update_key(
        &self,
        id: KeyId,
        expected: Option<Vec<u64>>,
        patch: &KeyPatch,
    ) -> Result<ApiKey, StoreError> {
        self.rewrite_key(id, expected, |key| {
            if key.revoked_at.is_some() {
                return Err(StoreError::Revoked);
            }
            let mut update = Update::default();
            patch.write(&mut update);
            Ok(Some(update))
        })
        .await
    }

    /// Revokes a key: it stops working everywhere within 30 s. Revoking it again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such key.
    pub async fn revoke_key(&self, id: KeyId) -> Result<ApiKey, StoreError> {
        self.revoke_key_if(id, None).await
    }

    /// AP-29: revokes a key, if it is in one of the versions `expected`.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`].
    pub async fn revoke_key_if(&self, id: KeyId, expected: Option<Vec<u64>>) -> Result<ApiKey, StoreError> {
        let now = self.clock().now();
        self.rewrite_key(id, expected, |key| {
            Ok(key.revoked_at.is_none().then(|| {
                let mut update = Update::default();
                update.set("revokedAt", number(now.as_millis()));
                update
            }))
        })
        .await
    }

    /// Changes a key under its secret and in the listing at once, unless there is nothing to change.
    async fn rewrite_key(
        &self,
        id: KeyId,
        expected: Option<Vec<u64>>,
        edit: impl Fn(&ApiKey) -> Result<Option<Update>, StoreError> + Send + Sync,
    ) -> Result<ApiKey, StoreError> {
        let mut backoff = Backoff::new(self.clock());
        loop {
            let (key, hash) = self.listed_key(id).await?;
            if expected.as_ref().is_some_and(|versions| !versions.contains(&key.version)) {
                return Err(StoreError::VersionMismatch);
            }
            let Some(mut update) = edit(&key)? else { return Ok(key) };
            update.set("version", number(key.version + 1));
            update.set("updatedAt", number(self.clock().now().as_millis()));
            let before = update.value("before", number(key.version));
            // Keys made before there was a version are in their first one.
            let unversioned = if key.version == 1 { " OR attribute_not_exists(#version)" } else { "" };
            let condition = format!("attribute_exists(pk) AND (#version = {before}{unversioned})");
            let mut transaction = Transaction::default();
            for place in [root::api_key(&hash), self.keys().api_key_listing(id)] {
                transaction.update(self, place, update.clone(), &condition)?;
            }
            if let Outcome::Committed = transaction.commit(self, &mut backoff).await? {
                return self.get_key(id).await;
            }
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("the key keeps changing".to_owned()));
            }
        }
    }

    async fn listed_key(&self, id: KeyId) -> Result<(ApiKey, SecretHash), StoreError> {
        let found = self.get(self.keys().api_key_listing(id)).await?.ok_or(StoreError::NotFound)?;
        let attributes: ApiKeyItem = item::read(found)?;
        let hash = attributes.hash()?;
        Ok((attributes.into_key(), hash))
    }
}
