//! Batch reads and writes.

use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, WriteRequest};
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::{StoreError, TenantStore, error::is_transient, item::Item, keys::Key};

/// The maximum number of items in one `BatchWriteItem`.
const MOST_WRITES: usize = 25;
/// The number of requests that are sent concurrently.
const CONCURRENCY: usize = 4;

impl TenantStore {
    /// Reads the items that exist, in any order, strongly or eventually consistent. Takes at most 100 keys without duplicates.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when DynamoDB leaves keys unprocessed for eight seconds.
    pub(crate) async fn get_all(&self, keys: Vec<Key>, consistent: bool) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::with_capacity(keys.len());
        let mut remaining: Vec<_> = keys.into_iter().map(Key::attributes).collect();
        let mut backoff = self.backoff();
        while !remaining.is_empty() {
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(remaining))
                .consistent_read(consistent)
                .build()
                .map_err(|e| StoreError::Internal(e.to_string()))?;
            let request = self.client().batch_get_item().request_items(self.table(), keys);
            let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
            found.extend(output.responses.into_iter().filter_map(|mut tables| tables.remove(self.table())).flatten());
            // DynamoDB leaves keys unprocessed when it throttles or the response would exceed 16 MB.
            remaining = output
                .unprocessed_keys
                .and_then(|mut tables| tables.remove(self.table()))
                .map_or(Vec::new(), |rest| rest.keys);
            if !remaining.is_empty() {
                backoff.pause("DynamoDB leaves keys unprocessed").await?;
            }
        }
        Ok(found)
    }
}

impl TenantStore {
    /// Deletes the items with these keys. Those that do not exist are skipped.
    ///
    /// # Errors
    /// As [`TenantStore::write_all`].
    pub(crate) async fn delete_all(&self, keys: Vec<Item>) -> Result<(), StoreError> {
        let requests = keys.into_iter().map(|key| {
            let delete = DeleteRequest::builder().set_key(Some(key)).build();
            Ok(WriteRequest::builder().delete_request(delete.map_err(|e| StoreError::Internal(e.to_string()))?).build())
        });
        self.write_all(requests.collect::<Result<_, StoreError>>()?).await
    }

    /// Writes items, 25 per request, some requests at once.
    ///
    /// # Errors
    /// When the table does not respond, or leaves items unprocessed for eight seconds.
    pub(crate) async fn write_all(&self, requests: Vec<WriteRequest>) -> Result<(), StoreError> {
        let batches: Vec<Vec<_>> = requests.chunks(MOST_WRITES).map(<[_]>::to_vec).collect();
        stream::iter(batches).map(|batch| self.write_batch(batch)).buffer_unordered(CONCURRENCY).try_collect().await
    }

    /// Sends one `BatchWriteItem` until all of its requests were processed.
    async fn write_batch(&self, mut requests: Vec<WriteRequest>) -> Result<(), StoreError> {
        let mut backoff = self.backoff();
        while !requests.is_empty() {
            let request = self.client().batch_write_item().request_items(self.table(), requests.clone());
            requests = match request.send().await {
                Ok(output) => {
                    let left = output.unprocessed_items.and_then(|mut tables| tables.remove(self.table()));
                    left.unwrap_or_default()
                }
                Err(error) if is_transient(&error) => requests,
                Err(error) => return Err(StoreError::from_sdk(&error)),
            };
            if !requests.is_empty() {
                backoff.pause("DynamoDB leaves writes unprocessed").await?;
            }
        }
        Ok(())
    }
}
