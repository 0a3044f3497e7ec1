use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{
    ApiKey, AuditAction, AuditEvent, FieldChange, KeyId, Origin, Precondition, RateLimit, Scope, SecretHash, Timestamp,
    Title,
};

use super::{ApiKeyItem, KEYS};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, text},
    item,
    item::VERSION,
    keys::root,
    transaction::{Commit, Transaction},
};

/// A partial update of an API key. `None` leaves a field unchanged.
#[derive(Debug, Clone, Default)]
pub struct KeyPatch {
    /// The display name.
    pub name: Option<Title>,
    /// The scopes.
    pub scopes: Option<Vec<Scope>>,
    /// The web origins from which the key may be used. Empty means any.
    pub allowed_origins: Option<Vec<Origin>>,
    /// The time at which it expires.
    pub expires_at: FieldChange<Timestamp>,
    /// The rate limit.
    pub rate_limit: FieldChange<RateLimit>,
}

impl KeyPatch {
    /// Returns the entry of the audit log, with the names of the fields that change.
    fn audit_event(&self, key: &ApiKey) -> AuditEvent {
        let scopes = self.scopes.as_ref().unwrap_or(&key.scopes);
        let is_changed = [
            ("name", self.name.as_ref().is_some_and(|name| *name != key.name)),
            ("scopes", *scopes != key.scopes),
            ("allowedOrigins", self.allowed_origins.as_ref().is_some_and(|origins| *origins != key.allowed_origins)),
            ("expiresAt", changes(&self.expires_at, key.expires_at.as_ref())),
            ("rateLimit", changes(&self.rate_limit, key.rate_limit.as_ref())),
        ];
        let fields = is_changed.into_iter().filter(|(_, is_changed)| *is_changed).map(|(name, _)| name.to_owned());
        AuditEvent::new(AuditAction::ApiKeyUpdated, key.id)
            .with_fields(fields.collect())
            .with_scopes(&key.scopes, scopes)
    }

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
        update.change("validUntil", self.expires_at, |end| number(end.as_millis()));
        update.change("rateLimit", self.rate_limit, |limit| number(limit.requests()));
    }
}

/// Returns whether a change gives a field another value.
fn changes<T: PartialEq>(change: &FieldChange<T>, before: Option<&T>) -> bool {
    match change {
        FieldChange::Keep => false,
        FieldChange::Clear => before.is_some(),
        FieldChange::Set(after) => before != Some(after),
    }
}

impl TenantStore {
    /// AP-28: reads one API key, revoked or not, strongly consistent.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such key.
    pub async fn get_key(&self, id: KeyId) -> Result<ApiKey, StoreError> {
        self.listed_key(id).await.map(|(key, _)| key)
    }

    /// AP-29: updates an API key. Takes effect in all processes within 30 s.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`], [`StoreError::Revoked`].
    pub async fn update_key(
        &self,
        id: KeyId,
        precondition: &Precondition,
        patch: &KeyPatch,
    ) -> Result<ApiKey, StoreError> {
        self.update_both_items(id, precondition, |key, transaction| {
            if key.revoked_at.is_some() {
                return Err(StoreError::Revoked);
            }
            let mut update = Update::default();
            patch.write(&mut update);
            self.add_audit_entry(transaction, patch.audit_event(key))?;
            Ok(Some(update))
        })
        .await
    }

    /// AP-29: revokes an API key. Takes effect in all processes within 30 s. Revoking it again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`].
    pub async fn revoke_key(&self, id: KeyId, precondition: &Precondition) -> Result<ApiKey, StoreError> {
        let now = self.clock().now();
        self.update_both_items(id, precondition, |key, transaction| {
            if key.revoked_at.is_some() {
                return Ok(None);
            }
            let mut count = Update::default();
            count.add_signed(KEYS, -1);
            transaction.update(self, self.keys().api_key_count(), count, Condition::exists())?;
            let mut update = Update::default();
            update.set("revokedAt", number(now.as_millis()));
            self.add_audit_entry(transaction, AuditEvent::new(AuditAction::ApiKeyRevoked, id))?;
            Ok(Some(update))
        })
        .await
    }

    /// Updates both items of a key in one transaction, unless `edit` returns `None`. `edit` may add writes of other items.
    async fn update_both_items(
        &self,
        id: KeyId,
        precondition: &Precondition,
        edit: impl Fn(&ApiKey, &mut Transaction) -> Result<Option<Update>, StoreError> + Send + Sync,
    ) -> Result<ApiKey, StoreError> {
        let mut backoff = self.backoff();
        loop {
            let (key, hash) = self.listed_key(id).await?;
            precondition.check(key.version)?;
            let mut transaction = Transaction::default();
            let Some(mut update) = edit(&key, &mut transaction)? else { return Ok(key) };
            update.set(VERSION, number(key.version + 1));
            update.set("updatedAt", number(self.clock().now().as_millis()));
            let unchanged = Condition::exists().version_or_first(key.version);
            for item_key in [root::api_key(&hash), self.keys().api_key_listing(id)] {
                transaction.update(self, item_key, update.clone(), unchanged.clone())?;
            }
            if let Commit::Done = transaction.commit(self, &mut backoff).await? {
                return self.get_key(id).await;
            }
            backoff.pause("the key keeps changing").await?;
        }
    }

    async fn listed_key(&self, id: KeyId) -> Result<(ApiKey, SecretHash), StoreError> {
        let found = self.get(self.keys().api_key_listing(id)).await?.ok_or(StoreError::NotFound)?;
        let attributes: ApiKeyItem = item::read(found)?;
        let hash = attributes.hash()?;
        Ok((attributes.into_key(), hash))
    }
}
