//! Many items at once.

use aws_sdk_dynamodb::types::KeysAndAttributes;

use crate::{StoreError, TenantStore, backoff::Backoff, item::Item, keys::Key};

impl TenantStore {
    /// Those of these items that are there, read strongly, in any order. At most a hundred keys, none of them twice.
    pub(crate) async fn get_all(&self, keys: Vec<Key>) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::with_capacity(keys.len());
        let mut wanted: Vec<_> = keys.into_iter().map(Key::attributes).collect();
        let mut backoff = Backoff::new(self.clock());
        while !wanted.is_empty() {
            let keys = KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .consistent_read(true)
                .build()
                .map_err(|e| StoreError::Internal(e.to_string()))?;
            let request = self.client().batch_get_item().request_items(self.table(), keys);
            let output = request.send().await.map_err(|e| StoreError::from_sdk(&e))?;
            found.extend(output.responses.into_iter().filter_map(|mut tables| tables.remove(self.table())).flatten());
            // The table may leave some unread when it is busy or the answer would pass 16 MB.
            wanted = output
                .unprocessed_keys
                .and_then(|mut tables| tables.remove(self.table()))
                .map_or(Vec::new(), |rest| rest.keys);
            if !wanted.is_empty() {
                backoff.pause("the table leaves keys unprocessed").await?;
            }
        }
        Ok(found)
    }
}
