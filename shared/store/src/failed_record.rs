//! Stream records that no retry can process. They are written to a bucket of their own ("parked"), so that the records
//! behind them continue.

use serde::Serialize;

use crate::{
    ChangeFeed, Image, StoreError,
    conversation::attributes,
    item::{Item, integer, string},
};

/// Identifies a stream record, without the content of its item.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordId {
    /// The id of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// The kind of change: `INSERT`, `MODIFY` or `REMOVE`.
    pub event_name: String,
    /// The position in the stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence_number: Option<String>,
    /// The partition key of the item.
    pub pk: String,
    /// The sort key of the item.
    pub sk: String,
    /// The version of the item before the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_version: Option<i64>,
    /// The version of the item after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_version: Option<i64>,
}

impl RecordId {
    /// Reads the keys and versions of a record.
    #[must_use]
    pub fn of_item(keys: &Image, old: &Image, new: &Image) -> Self {
        let [keys, old, new]: [Item; 3] = [keys, old, new].map(|image| image.clone().into());
        let key = |name| string(&keys, name).unwrap_or_default().to_owned();
        Self {
            pk: key("pk"),
            sk: key("sk"),
            old_version: integer(&old, attributes::VERSION),
            new_version: integer(&new, attributes::VERSION),
            ..Self::default()
        }
    }
}

/// What is written for a parked record. It has no images, because items can hold secrets and personal data. The key is
/// enough to repeat the work.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ParkedRecord<'a> {
    parked_at: String,
    worker: &'a str,
    consumer: &'a str,
    error: &'a str,
    #[serde(flatten)]
    record: &'a RecordId,
}

impl ChangeFeed {
    /// Writes a record to the bucket of failed records, at `parked/<worker>/<sequence number>-<consumer>.json`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when S3 does not respond, [`StoreError::Internal`] when no bucket is configured.
    pub async fn park(&self, worker: &str, consumer: &str, record: &RecordId, error: &str) -> Result<(), StoreError> {
        let store = self.store();
        let bucket = store.failed_records().ok_or_else(|| {
            StoreError::Internal("no bucket for failed records is configured. Set FAILED_EVENTS_BUCKET".to_owned())
        })?;
        let parked = ParkedRecord { parked_at: store.clock().now().to_string(), worker, consumer, error, record };
        let body = serde_json::to_vec_pretty(&parked)
            .map_err(|e| StoreError::Internal(format!("a failed record cannot be serialized: {e}")))?;
        let number = record.sequence_number.as_deref().or(record.event_id.as_deref()).unwrap_or("unknown");
        // The name of a consumer can have spaces, which the path of a request cannot.
        let consumer = consumer.replace(' ', "-");
        bucket.put(&format!("parked/{worker}/{number}-{consumer}.json"), "application/json", body).await
    }
}
