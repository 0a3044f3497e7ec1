//! Copies a restored table into the table of a stack.

use aws_sdk_dynamodb::types::{PutRequest, WriteRequest};

use super::Operator;
use crate::{
    StoreError,
    item::{FORMAT_ATTRIBUTE, Item, integer},
};

impl Operator {
    /// Returns whether the table has no items.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        let store = self.store();
        let output = store.client().scan().table_name(store.table()).limit(1).consistent_read(true).send().await;
        Ok(output.map_err(|e| StoreError::from_sdk(&e))?.count() == 0)
    }

    /// Copies all items of the table `from`, such as one that a point-in-time recovery has created, into this table. Scans
    /// `from`. `progress` gets the number of items copied so far. A copy that was interrupted is repeated into a new, empty
    /// table.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when this table has items; [`StoreError::EarlierFormat`].
    pub async fn restore(&self, from: &str, mut progress: impl FnMut(u64)) -> Result<u64, StoreError> {
        if !self.is_empty().await? {
            return Err(StoreError::Busy(
                "the table has items: restore only into the empty table of a new stack".to_owned(),
            ));
        }
        let store = self.store();
        let mut pages = store.client().scan().table_name(from).consistent_read(true).into_paginator().send();
        let mut copied = 0;
        while let Some(page) = pages.next().await {
            let items = page.map_err(|e| StoreError::from_sdk(&e))?.items.unwrap_or_default();
            if items.iter().any(|item| integer(item, FORMAT_ATTRIBUTE).is_none()) {
                return Err(StoreError::EarlierFormat);
            }
            store.write_all(items.iter().map(put).collect::<Result<_, _>>()?).await?;
            copied += items.len() as u64;
            progress(copied);
        }
        Ok(copied)
    }
}

fn put(item: &Item) -> Result<WriteRequest, StoreError> {
    let put = PutRequest::builder().set_item(Some(item.clone())).build();
    Ok(WriteRequest::builder().put_request(put.map_err(|e| StoreError::Internal(e.to_string()))?).build())
}
