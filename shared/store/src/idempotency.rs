//! Idempotent commands: a command with an idempotency key runs once. Repeats get the recorded outcome.
//!
//! The outcome is committed in the same transaction as the command's effect, so neither exists without the other. The HTTP
//! edge renders a replayed outcome exactly like the first one.

use std::io::{Read, Write};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    item::{self, is_expired},
    transaction::{Commit, FailedConditions, Transaction, WriteIndex},
};

/// How long an outcome is stored: 24 hours.
const KEPT_FOR_SECONDS: i64 = 24 * 60 * 60;

/// An idempotency key and the request that it was sent with.
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Everything that tells two requests apart: API key, customer, method, path and the client's idempotency key.
    pub identity: String,
    /// A digest of the query and the body.
    pub fingerprint: String,
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
    fingerprint: String,
    /// The outcome as gzipped JSON.
    outcome: serde_bytes::ByteBuf,
    expires_at: i64,
}

impl TenantStore {
    /// AP-33: reads the outcome that was recorded under an idempotency key.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`] when the key was used for another request.
    pub async fn replay<T: DeserializeOwned>(&self, key: Option<&IdempotencyKey>) -> Result<Option<T>, StoreError> {
        let Some(key) = key else { return Ok(None) };
        let Some(found) = self.get(self.keys().idempotency(&key.identity)).await? else { return Ok(None) };
        if is_expired(&found, self.clock().now()) {
            return Ok(None);
        }
        // During a canary deployment, another version of the code may have recorded it. That one can answer a repeat.
        let unreadable = |e: &dyn std::fmt::Display| {
            StoreError::Unavailable(format!("the recorded outcome of an idempotency key cannot be read: {e}"))
        };
        let record: RecordItem = item::read(found).map_err(|e| unreadable(&e))?;
        if record.fingerprint != key.fingerprint {
            return Err(StoreError::IdempotencyKeyReused);
        }
        let mut json = Vec::new();
        GzDecoder::new(record.outcome.as_slice()).read_to_end(&mut json).map_err(|e| unreadable(&e))?;
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
        match Attempts::new(self, key).commit(Transaction::default(), &outcome).await? {
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
            fingerprint: key.fingerprint.clone(),
            outcome: serde_bytes::ByteBuf::from(encoder.finish().map_err(|e| unwritable(&e))?),
            expires_at: self.clock().now().plus_seconds(KEPT_FOR_SECONDS).as_seconds(),
        };
        let item = item::write(self.keys().idempotency(&key.identity), &record)?;
        transaction.put_unless_unexpired(self, item)
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
