//! Repeats of a request that was answered before.

use std::io::{Read, Write};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde::{Deserialize, Serialize};

use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    item::{self, is_over},
    transaction::{Outcome, Slot, Transaction},
};

/// How long an answer is kept.
const KEPT_FOR_SECONDS: i64 = 24 * 60 * 60;

/// What a client was answered, ready to be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers that belong to the answer itself, such as `ETag`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// What came of a request that may be a repeat.
#[derive(Debug)]
pub enum Once<T> {
    /// It was carried out now.
    Done(T),
    /// It was carried out before, and this was the answer.
    Replayed(Answer),
}

/// How to recognise the repeat of a request, and how its answer will read.
pub struct Repeat<'a, T: ?Sized> {
    /// Everything that makes two requests different: API key, customer, method, path and the client's own key.
    pub identity: String,
    /// A digest of the query and the body.
    pub fingerprint: String,
    /// Writes the answer, before it is known whether the effect will be committed.
    pub answer: &'a (dyn Fn(&T) -> Result<Answer, StoreError> + Send + Sync),
}

impl<T: ?Sized> Clone for Repeat<'_, T> {
    fn clone(&self) -> Self {
        Self { identity: self.identity.clone(), fingerprint: self.fingerprint.clone(), answer: self.answer }
    }
}

impl<T: ?Sized> std::fmt::Debug for Repeat<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repeat").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RecordItem {
    fingerprint: String,
    status: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    headers: Vec<(String, String)>,
    body: serde_bytes::ByteBuf,
    expires_at: i64,
}

impl TenantStore {
    /// AP-33: the stored answer to this very request, where its key has one.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`] when the key was used for another request.
    pub async fn replay<T: ?Sized>(&self, repeat: Option<&Repeat<'_, T>>) -> Result<Option<Answer>, StoreError> {
        let Some(repeat) = repeat else { return Ok(None) };
        let Some(found) = self.get(self.keys().idempotency(&repeat.identity)).await? else { return Ok(None) };
        if is_over(&found, self.clock().now()) {
            return Ok(None);
        }
        let record: RecordItem = item::read(found)?;
        if record.fingerprint != repeat.fingerprint {
            return Err(StoreError::IdempotencyKeyReused);
        }
        let mut body = Vec::new();
        GzDecoder::new(record.body.as_slice())
            .read_to_end(&mut body)
            .map_err(|e| StoreError::Internal(format!("a stored answer cannot be read: {e}")))?;
        Ok(Some(Answer { status: record.status, headers: record.headers, body }))
    }

    /// AP-33: stores the answer to a request that changes nothing, so that its repeat is answered alike, or gives the answer that
    /// was stored first.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyKeyReused`] when the key was used for another request.
    pub async fn answer_once<T>(&self, effect: T, repeat: Option<Repeat<'_, T>>) -> Result<Once<T>, StoreError> {
        let mut backoff = Backoff::new(self.clock());
        while let Some(repeat) = &repeat {
            let mut transaction = Transaction::default();
            self.remember(&mut transaction, repeat, &effect)?;
            if matches!(transaction.commit(self, &mut backoff).await?, Outcome::Committed) {
                break;
            }
            if let Some(answer) = self.replay(Some(repeat)).await? {
                return Ok(Once::Replayed(answer));
            }
            // The record stood in the way and is gone by now: it was past its time.
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("the idempotency record keeps changing".to_owned()));
            }
        }
        Ok(Once::Done(effect))
    }

    /// Adds the answer to the transaction of its effect, so that neither is there without the other.
    pub(crate) fn remember<T: ?Sized>(
        &self,
        transaction: &mut Transaction,
        repeat: &Repeat<'_, T>,
        effect: &T,
    ) -> Result<Slot, StoreError> {
        let answer = (repeat.answer)(effect)?;
        let compressed = GzEncoder::new(Vec::new(), Compression::default());
        let body = compress(compressed, &answer.body)
            .map_err(|e| StoreError::Internal(format!("an answer cannot be stored: {e}")))?;
        let now = self.clock().now();
        let record = RecordItem {
            fingerprint: repeat.fingerprint.clone(),
            status: answer.status,
            headers: answer.headers,
            body: serde_bytes::ByteBuf::from(body),
            expires_at: now.plus_seconds(KEPT_FOR_SECONDS).as_seconds(),
        };
        let item = item::write(self.keys().idempotency(&repeat.identity), &record)?;
        transaction.put_free(self, item)
    }
}

fn compress(mut encoder: GzEncoder<Vec<u8>>, body: &[u8]) -> std::io::Result<Vec<u8>> {
    encoder.write_all(body)?;
    encoder.finish()
}
