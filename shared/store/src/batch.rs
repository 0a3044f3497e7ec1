//! Batch reads.

use aws_sdk_dynamodb::types::KeysAndAttributes;

use crate::{StoreError, TenantStore, item::Item, keys::Key};

impl TenantStore {
    /// Reads the items that exist, strongly consistent, in any order. Takes at most 100 keys without duplicates.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when DynamoDB leaves keys unprocessed for eight seconds.
    pub(crate) async fn get_all(&self, keys: Vec<Key>) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::with_capacity(keys.len());
        let mut remaining: Vec<_> = keys.into_iter().map(Key::attributes).collect();
        let mut backoff = self.backoff();
        while !remaining.is_empty() {
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(remaining))
                .consistent_read(true)
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
