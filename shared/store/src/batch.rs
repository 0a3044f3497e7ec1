//! Batch reads and writes.

use aws_sdk_dynamodb::types::{KeysAndAttributes, WriteRequest};

use crate::{Store, StoreError, TenantStore, backoff::Backoff, error::is_transient, item::Item, keys::Key};

/// The maximum number of items in one `BatchWriteItem`.
const MOST_WRITES: usize = 25;

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

impl Store {
    /// Writes items, 25 per request, until DynamoDB has processed all of them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when DynamoDB leaves items unprocessed for eight seconds.
    pub(crate) async fn write_all(&self, mut remaining: Vec<WriteRequest>) -> Result<(), StoreError> {
        let mut backoff = Backoff::new(self.clock(), None);
        while !remaining.is_empty() {
            let requests: Vec<_> = remaining.drain(..remaining.len().min(MOST_WRITES)).collect();
            let request = self.client().batch_write_item().request_items(self.table(), requests.clone());
            let unprocessed = match request.send().await {
                Ok(output) => output.unprocessed_items.and_then(|mut tables| tables.remove(self.table())),
                Err(error) if is_transient(&error) => Some(requests),
                Err(error) => return Err(StoreError::from_sdk(&error)),
            };
            if let Some(unprocessed) = unprocessed.filter(|unprocessed| !unprocessed.is_empty()) {
                remaining.extend(unprocessed);
                backoff.pause("DynamoDB leaves writes unprocessed").await?;
            }
        }
        Ok(())
    }
}
