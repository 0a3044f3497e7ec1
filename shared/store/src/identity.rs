//! Identity secrets, which sign customer tokens. They are stored on the workspace's own item.

use std::{num::NonZeroUsize, sync::Arc};

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use deskless_domain::{AuditAction, AuditEvent, Identity, IdentitySecret, Sealed, SecretId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, text},
    item::{self, Item},
    keys::Key,
    operator::Located,
    secret::Place,
    transaction::{Commit, Transaction},
};

/// How long a process caches identity secrets, as long as API keys: 20 s.
const TTL_MS: i64 = 20_000;
/// How long a process reads no identity secrets again even if a token names an unknown one: 1 s.
const FRESH_TTL_MS: i64 = 1_000;
/// The maximum number of workspaces whose secrets a process caches.
pub(crate) const CACHED: NonZeroUsize = NonZeroUsize::new(1000).expect("1000 is not zero");

const IDENTITY: &str = "identity";
const ANONYMOUS: &str = "anonymousSecret";

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecretAttributes {
    id: SecretId,
    secret: Sealed,
    created_at: i64,
    /// Until when the previous secret is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_until: Option<i64>,
}

impl SecretAttributes {
    fn of(secret: &IdentitySecret, sealed: Sealed) -> Self {
        Self { id: secret.id, secret: sealed, created_at: secret.created_at.as_millis(), valid_until: None }
    }

    /// Decrypts the secret.
    async fn reveal(self, store: &TenantStore, place: fn(SecretId) -> Place) -> Result<IdentitySecret, StoreError> {
        let secret = store.unseal(&self.secret, &place(self.id)).await?;
        Ok(IdentitySecret::stored(self.id, Timestamp::from_millis(self.created_at), secret))
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct IdentityAttributes {
    current: SecretAttributes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<SecretAttributes>,
}

/// The identity secrets among the attributes of a workspace's item.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecretsItem {
    #[serde(default)]
    identity: Option<IdentityAttributes>,
    #[serde(default)]
    anonymous_secret: Option<SecretAttributes>,
}

impl SecretsItem {
    /// Decrypts the secrets that are still valid.
    async fn reveal(self, store: &TenantStore, now: Timestamp) -> Result<Identity, StoreError> {
        let mut identity = Identity::default();
        if let Some(IdentityAttributes { current, previous }) = self.identity {
            identity.current = Some(current.reveal(store, Place::identity).await?);
            if let Some(previous) = previous {
                let until = Timestamp::from_millis(previous.valid_until.unwrap_or_default());
                if now < until {
                    identity.previous = Some((previous.reveal(store, Place::identity).await?, until));
                }
            }
        }
        if let Some(anonymous) = self.anonymous_secret {
            identity.anonymous = Some(anonymous.reveal(store, Place::anonymous).await?);
        }
        Ok(identity)
    }
}

/// Returns the secrets of a workspace's item, still encrypted.
pub(crate) fn stored_secrets(key: &Key, item: Item) -> Result<Vec<Located>, StoreError> {
    let located = |path: &[&'static str], place: fn(SecretId) -> Place, secret: SecretAttributes| Located {
        key: key.clone(),
        path: path.iter().copied().chain(["secret"]).collect(),
        place: place(secret.id),
        sealed: secret.secret,
    };
    let SecretsItem { identity, anonymous_secret } = item::read(item)?;
    let (current, previous) = identity.map(|all| (all.current, all.previous)).unzip();
    let current = current.map(|secret| located(&[IDENTITY, "current"], Place::identity, secret));
    let previous = previous.flatten().map(|secret| located(&[IDENTITY, "previous"], Place::identity, secret));
    let anonymous = anonymous_secret.map(|secret| located(&[ANONYMOUS], Place::anonymous, secret));
    Ok([current, previous, anonymous].into_iter().flatten().collect())
}

fn attribute(value: &impl Serialize) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(value)
        .map_err(|e| StoreError::Internal(format!("a secret cannot be written: {e}")))
}

impl TenantStore {
    /// AP-51: returns the workspace's identity secrets, at most 20 s old.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn identity(&self) -> Result<Arc<Identity>, StoreError> {
        self.identity_with_ttl(TTL_MS).await
    }

    /// AP-51: returns the workspace's identity secrets, at most 1 s old. For a token that names an unknown secret, because
    /// the secret may be new. Invented names cause at most one read a second.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn fresh_identity(&self) -> Result<Arc<Identity>, StoreError> {
        self.identity_with_ttl(FRESH_TTL_MS).await
    }

    async fn identity_with_ttl(&self, ttl_ms: i64) -> Result<Arc<Identity>, StoreError> {
        let now = self.clock().now();
        if let Some(identity) = self.caches().identities.get(&self.workspace_id(), now, ttl_ms) {
            return Ok(identity);
        }
        let found = self.get(self.keys().workspace()).await?.ok_or(StoreError::NotFound)?;
        self.cache_identity(found, now).await
    }

    async fn cache_identity(&self, found: Item, now: Timestamp) -> Result<Arc<Identity>, StoreError> {
        let identity = Arc::new(item::read::<SecretsItem>(found)?.reveal(self, now).await?);
        self.caches().identities.put(self.workspace_id(), Arc::clone(&identity), now);
        Ok(identity)
    }

    /// AP-52: returns the secret that signs tokens of anonymous customers. The first call generates it.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn anonymous_secret(&self) -> Result<IdentitySecret, StoreError> {
        let missing = || StoreError::Internal("the workspace has no secret for anonymous customers".to_owned());
        if let Some(secret) = &self.identity().await?.anonymous {
            return Ok(secret.clone());
        }
        let now = self.clock().now();
        let secret = IdentitySecret::generate(self.clock());
        let sealed = self.seal(secret.reveal(), &Place::anonymous(secret.id)).await?;
        let mut update = Update::default();
        update.set_if_empty(ANONYMOUS, attribute(&SecretAttributes::of(&secret, sealed))?);
        let output = self
            .client()
            .update_item()
            .table_name(self.table())
            .set_key(Some(self.keys().workspace().attributes()))
            .update_expression(update.expression())
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .condition_expression("attribute_exists(pk)")
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        let identity = self.cache_identity(output.attributes.ok_or_else(missing)?, now).await?;
        identity.anonymous.clone().ok_or_else(missing)
    }

    /// Generates a new identity secret for the workspace's back end. The previous secret stays valid for 24 hours; older
    /// ones are not valid any more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when another rotation ran at the same time.
    pub async fn rotate_identity(&self) -> Result<IdentitySecret, StoreError> {
        let found = self.get(self.keys().workspace()).await?.ok_or(StoreError::NotFound)?;
        let previous = item::read::<SecretsItem>(found)?.identity.map(|stored| stored.current);
        let seen = previous.as_ref().map(|old| old.secret.as_str().to_owned());
        let secret = IdentitySecret::generate(self.clock());
        let sealed = self.seal(secret.reveal(), &Place::identity(secret.id)).await?;
        let until = self.clock().now().plus_seconds(Identity::OVERLAP_SECONDS);
        let attributes = IdentityAttributes {
            current: SecretAttributes::of(&secret, sealed),
            previous: previous.map(|old| SecretAttributes { valid_until: Some(until.as_millis()), ..old }),
        };
        let mut update = Update::default();
        update.set(IDENTITY, attribute(&attributes)?);
        let condition = match seen {
            None => format!("attribute_exists(pk) AND attribute_not_exists(#{IDENTITY})"),
            Some(old) => {
                // Also when only its encryption was renewed: the previous secret must not be written back as it was read.
                let (current, secret) = (update.name("current"), update.name("secret"));
                let seen = update.value("seen", text(old));
                format!("#{IDENTITY}.{current}.{secret} = {seen}")
            }
        };
        let mut transaction = Transaction::default();
        transaction.update(self, self.keys().workspace(), update, Condition::raw(condition))?;
        let event = AuditEvent::new(AuditAction::IdentitySecretRotated, secret.id);
        self.add_audit_entry(&mut transaction, event)?;
        match transaction.commit(self, &mut self.backoff()).await? {
            Commit::Done => {
                self.caches().identities.remove(&self.workspace_id());
                Ok(secret)
            }
            Commit::Failed(_) => {
                Err(StoreError::Unavailable("the secret was rotated by another call at the same time".to_owned()))
            }
        }
    }
}
