use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{
    ApiKey, AuditAction, AuditEvent, FieldChange, KeyId, Origin, Precondition, RateLimit, Scope, SecretHash, Timestamp,
    Title, authorization::KeyTerms,
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
    /// Returns the entry of the audit log, with the names of the fields that change; `None` if none does.
    fn audit_event(&self, key: &ApiKey) -> Option<AuditEvent> {
        let scopes = self.scopes.as_ref().unwrap_or(&key.scopes);
        let is_changed = [
            ("name", self.name.as_ref().is_some_and(|name| *name != key.name)),
            ("scopes", *scopes != key.scopes),
            ("allowedOrigins", self.allowed_origins.as_ref().is_some_and(|origins| *origins != key.allowed_origins)),
            ("expiresAt", changes(&self.expires_at, key.expires_at.as_ref())),
            ("rateLimit", changes(&self.rate_limit, key.rate_limit.as_ref())),
        ];
        let fields = is_changed.into_iter().filter(|(_, is_changed)| *is_changed).map(|(name, _)| name.to_owned());
        let fields: Vec<_> = fields.collect();
        let event = AuditEvent::new(AuditAction::ApiKeyUpdated, key.id);
        (!fields.is_empty()).then(|| event.with_fields(fields).with_scopes(&key.scopes, scopes))
    }

    /// Returns whether the patch updates what the key may do. Otherwise it updates only its name.
    #[must_use]
    pub fn updates_terms(&self) -> bool {
        self.scopes.is_some()
            || self.allowed_origins.is_some()
            || self.expires_at != FieldChange::Keep
            || self.rate_limit != FieldChange::Keep
    }

    /// Returns what the key may do after the update.
    #[must_use]
    pub fn terms_after<'a>(&'a self, before: &'a ApiKey) -> KeyTerms<'a> {
        KeyTerms {
            scopes: self.scopes.as_deref().unwrap_or(&before.scopes),
            expires_at: applied(self.expires_at, before.expires_at),
            allowed_origins: self.allowed_origins.as_deref().unwrap_or(&before.allowed_origins),
            rate_limit: applied(self.rate_limit, before.rate_limit),
        }
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

fn applied<T>(change: FieldChange<T>, mut field: Option<T>) -> Option<T> {
    change.apply(&mut field);
    field
}

/// An API key as it was read, to write it back.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// The key.
    pub key: ApiKey,
    hash: SecretHash,
}

impl TenantStore {
    /// AP-28: reads one API key, revoked or not, strongly consistent.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such key.
    pub async fn get_key(&self, id: KeyId) -> Result<ApiKey, StoreError> {
        self.stored_key(id).await.map(|stored| stored.key)
    }

    /// AP-28: reads one API key to update it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such key.
    pub async fn stored_key(&self, id: KeyId) -> Result<StoredKey, StoreError> {
        let found = self.get(self.keys().api_key_listing(id)).await?.ok_or(StoreError::NotFound)?;
        let attributes: ApiKeyItem = item::read(found)?;
        let hash = attributes.hash()?;
        Ok(StoredKey { key: attributes.into_key(), hash })
    }

    /// AP-29: updates an API key over the version that was read. With a `grantor`, also on the condition that this key has not
    /// changed since it was read. Takes effect in all processes within 30 s. Returns false if one of them has changed: read
    /// both again and retry.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn update_key(
        &self,
        before: &StoredKey,
        patch: &KeyPatch,
        grantor: Option<&ApiKey>,
    ) -> Result<bool, StoreError> {
        let mut update = Update::default();
        patch.write(&mut update);
        let mut transaction = Transaction::default();
        self.write_both_items(&mut transaction, before, update)?;
        if let Some(event) = patch.audit_event(&before.key) {
            self.add_audit_entry(&mut transaction, event)?;
        }
        // A key that updates itself is checked by the condition of the write.
        if let Some(grantor) = grantor.filter(|grantor| grantor.id != before.key.id) {
            self.check_key(&mut transaction, grantor)?;
        }
        Ok(matches!(transaction.commit(self, &mut self.backoff()).await?, Commit::Done))
    }

    /// AP-29: revokes an API key. Takes effect in all processes within 30 s. Revoking it again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`].
    pub async fn revoke_key(&self, id: KeyId, precondition: &Precondition) -> Result<ApiKey, StoreError> {
        let now = self.clock().now();
        let mut backoff = self.backoff();
        loop {
            let before = self.stored_key(id).await?;
            precondition.check(before.key.version)?;
            if before.key.revoked_at.is_some() {
                return Ok(before.key);
            }
            let mut transaction = Transaction::default();
            let mut count = Update::default();
            count.add_signed(KEYS, -1);
            transaction.update(self, self.keys().api_key_count(), count, Condition::exists())?;
            let mut update = Update::default();
            update.set("revokedAt", number(now.as_millis()));
            self.write_both_items(&mut transaction, &before, update)?;
            self.add_audit_entry(&mut transaction, AuditEvent::new(AuditAction::ApiKeyRevoked, id))?;
            if let Commit::Done = transaction.commit(self, &mut backoff).await? {
                return self.get_key(id).await;
            }
            backoff.pause("the key keeps changing").await?;
        }
    }

    /// Adds the next version of both items of a key.
    fn write_both_items(
        &self,
        transaction: &mut Transaction,
        before: &StoredKey,
        mut update: Update,
    ) -> Result<(), StoreError> {
        let StoredKey { key, hash } = before;
        update.set(VERSION, number(key.version + 1));
        update.set("updatedAt", number(self.clock().now().as_millis()));
        let unchanged = Condition::exists().version_or_first(key.version);
        for item_key in [root::api_key(hash), self.keys().api_key_listing(key.id)] {
            transaction.update(self, item_key, update.clone(), unchanged.clone())?;
        }
        Ok(())
    }
}
