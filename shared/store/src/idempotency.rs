//! Idempotent commands: a command with an idempotency key runs once. Repeats get the recorded outcome.
//!
//! The outcome is committed in the same transaction as the command's effect, so neither exists without the other. The HTTP
//! edge renders a replayed outcome exactly like the first one.
//!
//! An outcome contains personal data, so it does not outlive its subject:
//!
//! - The record of a command on a conversation is stored under the conversation, and removed with it.
//! - The item of a conversation, and an item under a customer, name the records of the commands that created or updated them.
//!   When these are removed, the records lose their outcome. The rest stays until the record expires, so that a repeat
//!   creates nothing a second time.

use std::io::{Read, Write};

use deskless_domain::{ConversationId, CustomerId, Timestamp};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    CustomerKey, StoreError, TenantStore,
    backoff::Backoff,
    condition::Condition,
    conversation::{live, unless_deleted},
    expression::{Update, number, text},
    item::{self, FORMAT, FORMAT_ATTRIBUTE, integer, is_expired, string},
    keys::{Key, POINTER, TenantKeys, pointer_of},
    transaction::{Commit, FailedConditions, Transaction, WriteIndex},
};

/// How long an outcome is stored: 24 hours.
const KEPT_FOR_SECONDS: i64 = 24 * 60 * 60;
/// How long a customer's item names a record: 9 days, because DynamoDB removes expired records days late.
const POINTER_KEPT_FOR_SECONDS: i64 = 9 * 24 * 60 * 60;
/// How much later than its effect an outcome may be recorded, at most: retries end after eight seconds, and clocks differ.
const RECORDED_WITHIN_SECONDS: i64 = 60 * 60;

/// An idempotency key and the request that it was sent with.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    identity: String,
    fingerprint: String,
    /// The conversation under which the record is stored.
    conversation: Option<ConversationId>,
}

impl IdempotencyKey {
    /// Creates a key. `identity` has everything that tells two requests apart: API key, customer, method, path and the
    /// client's idempotency key. `fingerprint` is a digest of the query and the body.
    #[must_use]
    pub fn new(identity: String, fingerprint: String) -> Self {
        Self { identity, fingerprint, conversation: None }
    }

    /// Returns the key of a command on a conversation, whose record is removed with the conversation.
    #[must_use]
    pub fn of_conversation(&self, id: ConversationId) -> Self {
        Self { conversation: Some(id), ..self.clone() }
    }

    /// Returns the digest of the identity, which is part of the record's key.
    /// Returns the key of one step of a request that takes several.
    #[must_use]
    pub fn of_step(&self, step: &str) -> Self {
        Self { identity: format!("{}\n{step}", self.identity), ..self.clone() }
    }

    pub(crate) fn digest(&self) -> String {
        TenantKeys::digest(&self.identity)
    }
}

impl std::fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdempotencyKey(..)")
    }
}

/// The outcome of a command that may be a repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once<T> {
    /// The outcome of this run, or of the first one.
    pub outcome: T,
    /// Whether this is the recorded outcome of an earlier run.
    pub is_replay: bool,
}

impl<T> Once<T> {
    /// Wraps the outcome of a command that ran now.
    pub fn first(outcome: T) -> Self {
        Self { outcome, is_replay: false }
    }

    /// Wraps the recorded outcome of an earlier run.
    pub fn replay(outcome: T) -> Self {
        Self { outcome, is_replay: true }
    }

    /// Converts the outcome.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Once<U> {
        Once { outcome: convert(self.outcome), is_replay: self.is_replay }
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordItem {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    /// The outcome as gzipped JSON. `None` once it was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<serde_bytes::ByteBuf>,
    expires_at: i64,
}

/// Names the record of a command that created or updated a customer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PointerItem {
    expires_at: i64,
}

impl TenantStore {
    /// AP-33: reads the outcome that was recorded under an idempotency key. Returns `None` for a command on a conversation that
    /// does not exist any more.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`] when the key was used for another request; [`StoreError::OutcomeErased`] when its
    /// conversation or customer was deleted.
    pub async fn replay<T: DeserializeOwned>(&self, key: Option<&IdempotencyKey>) -> Result<Option<T>, StoreError> {
        let Some(key) = key else { return Ok(None) };
        let Some(found) = self.get(self.record_key(key)).await? else { return Ok(None) };
        if is_expired(&found, self.clock().now()) {
            return Ok(None);
        }
        // During a canary deployment, another version of the code may have recorded it. That one can answer a repeat.
        let unreadable = |e: &dyn std::fmt::Display| {
            StoreError::Unavailable(format!("the recorded outcome of an idempotency key cannot be read: {e}"))
        };
        let record: RecordItem = item::read(found).map_err(|e| unreadable(&e))?;
        let Some(outcome) = record.outcome else { return Err(StoreError::OutcomeErased) };
        if record.fingerprint.as_ref() != Some(&key.fingerprint) {
            return Err(StoreError::IdempotencyKeyReused);
        }
        if let Some(id) = key.conversation
            && unless_deleted(self.get(self.keys().conversation(id)).await?.as_ref()).is_none()
        {
            return Ok(None);
        }
        let mut json = Vec::new();
        GzDecoder::new(outcome.as_slice()).read_to_end(&mut json).map_err(|e| unreadable(&e))?;
        serde_json::from_slice(&json).map(Some).map_err(|e| unreadable(&e))
    }

    /// AP-33: records the outcome of a command that writes nothing else, or returns the outcome that was recorded first.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`] when the key was used for another request.
    pub async fn record_outcome<T: Serialize + DeserializeOwned>(
        &self,
        outcome: T,
        key: Option<&IdempotencyKey>,
    ) -> Result<Once<T>, StoreError> {
        let mut effect = Transaction::default();
        if let Some(id) = key.and_then(|key| key.conversation) {
            // Without this check, a late record would outlive its conversation.
            effect.check(self, self.keys().conversation(id), live())?;
        }
        match Attempts::new(self, key).commit(effect, &outcome).await? {
            Attempt::Replayed(earlier) => Ok(Once::replay(earlier)),
            Attempt::Committed | Attempt::Failed(_) => Ok(Once::first(outcome)),
        }
    }

    /// Adds the record of an outcome to the transaction of the effect.
    fn add_record(
        &self,
        transaction: &mut Transaction,
        key: &IdempotencyKey,
        outcome: &impl Serialize,
    ) -> Result<WriteIndex, StoreError> {
        let unwritable =
            |e: &dyn std::fmt::Display| StoreError::Internal(format!("an outcome cannot be recorded: {e}"));
        let json = serde_json::to_vec(outcome).map_err(|e| unwritable(&e))?;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&json).map_err(|e| unwritable(&e))?;
        let record = RecordItem {
            fingerprint: Some(key.fingerprint.clone()),
            outcome: Some(serde_bytes::ByteBuf::from(encoder.finish().map_err(|e| unwritable(&e))?)),
            expires_at: self.clock().now().plus_seconds(KEPT_FOR_SECONDS).as_seconds(),
        };
        let item = item::write(self.record_key(key), &record)?;
        transaction.put_unless_unexpired(self, item)
    }

    fn record_key(&self, key: &IdempotencyKey) -> Key {
        match key.conversation {
            Some(id) => self.keys().idempotency_of_conversation(id, &key.identity),
            None => self.keys().idempotency(&key.identity),
        }
    }

    /// Adds the item that names the record of a command on a customer.
    pub(crate) fn add_pointer(
        &self,
        transaction: &mut Transaction,
        customer: &CustomerId,
        key: &IdempotencyKey,
    ) -> Result<(), StoreError> {
        let expires_at = self.clock().now().plus_seconds(POINTER_KEPT_FOR_SECONDS).as_seconds();
        let key = self.keys().idempotency_of_customer(customer, &key.digest());
        transaction.put(self, item::write(key, &PointerItem { expires_at })?, Condition::none()).map(drop)
    }

    /// Returns the key of a record, the update that removes its outcome, and the condition that it is the record of the command
    /// that ran at this time: a key can be used again after its record has expired. If DynamoDB has removed the record, the
    /// update writes one that has expired.
    pub(crate) fn outcome_removal(&self, digest: &str, ran_at: Timestamp) -> (Key, Update, Condition) {
        let mut update = Update::default();
        update.remove("outcome");
        update.remove("fingerprint");
        update.set_if_empty("expiresAt", number(self.clock().now().as_seconds()));
        update.set(FORMAT_ATTRIBUTE, number(i64::from(FORMAT)));
        // A later record expires at least 24 hours after this one.
        let end = ran_at.plus_seconds(KEPT_FOR_SECONDS + RECORDED_WITHIN_SECONDS).as_seconds();
        let is_its = Condition::missing_or_less_than("expiresAt", number(end));
        (self.keys().idempotency_by_digest(digest), update, is_its)
    }

    /// AP-47: removes the outcomes of at most `limit` commands on a customer. Returns their number.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn erase_outcomes_of(&self, customer: &CustomerKey, limit: i32) -> Result<u64, StoreError> {
        let output = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", text(self.keys().customer_by_key(customer).pk))
            .expression_attribute_values(":prefix", text(POINTER))
            .projection_expression("pk, sk, expiresAt")
            .consistent_read(true)
            .limit(limit)
            .send()
            .await
            .map_err(|e| StoreError::from_sdk(&e))?;
        let mut pointers = output.items.unwrap_or_default();
        let count = pointers.len() as u64;
        let erase = pointers.iter().filter_map(|pointer| {
            let digest = string(pointer, "sk").and_then(pointer_of)?;
            let expires_at = Timestamp::from_millis(integer(pointer, "expiresAt")?.saturating_mul(1000));
            let (key, update, is_its) =
                self.outcome_removal(digest, expires_at.plus_seconds(-POINTER_KEPT_FOR_SECONDS));
            Some(self.update_if(key, update, is_its))
        });
        try_join_all(erase).await?;
        for pointer in &mut pointers {
            pointer.remove("expiresAt");
        }
        self.delete_all(pointers).await?;
        Ok(count)
    }
}

/// The attempts to commit one command, until one succeeds, a recorded outcome is found, or the retry policy gives up.
#[derive(Debug)]
pub(crate) struct Attempts<'a> {
    store: &'a TenantStore,
    key: Option<&'a IdempotencyKey>,
    pub backoff: Backoff<'a>,
}

/// The result of one attempt.
#[derive(Debug)]
pub(crate) enum Attempt<T> {
    /// The effect was written, with the record of its outcome.
    Committed,
    /// An earlier run recorded this outcome. Nothing was written.
    Replayed(T),
    /// At least one condition of the effect failed. Nothing was written.
    Failed(FailedConditions),
}

impl<'a> Attempts<'a> {
    /// Starts the attempts, and the retry policy's clock.
    pub fn new(store: &'a TenantStore, key: Option<&'a IdempotencyKey>) -> Self {
        Self { store, key, backoff: store.backoff() }
    }

    /// Commits an effect together with the record of its outcome.
    ///
    /// A repeat also fails the conditions of the effect that the first run already had. The record is therefore read before
    /// a failed condition is reported.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`] when the key was used for another request; [`StoreError::Unavailable`] after
    /// eight seconds of retries.
    pub async fn commit<T: Serialize + DeserializeOwned>(
        &mut self,
        effect: Transaction,
        outcome: &T,
    ) -> Result<Attempt<T>, StoreError> {
        loop {
            let mut transaction = effect.clone();
            // The record is written anew for each attempt, because it has the current time.
            let record = match self.key {
                Some(key) => Some(self.store.add_record(&mut transaction, key, outcome)?),
                None => None,
            };
            let failed = match transaction.commit(self.store, &mut self.backoff).await? {
                Commit::Done => return Ok(Attempt::Committed),
                Commit::Failed(failed) => failed,
            };
            if let Some(earlier) = self.store.replay(self.key).await? {
                return Ok(Attempt::Replayed(earlier));
            }
            // If only the record's condition failed and there is no valid record, it expired in the meantime.
            match record {
                Some(record) if failed.only(record) => {
                    self.backoff.pause("the record of the idempotency key keeps changing").await?;
                }
                _ => return Ok(Attempt::Failed(failed)),
            }
        }
    }
}
