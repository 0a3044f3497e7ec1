//! Tables on an engine that several worlds share.
//!
//! Amazon's engine works for each table that exists, even if nobody uses it: a hundred tables take most of a core. So the tables of
//! finished worlds are deleted.

use std::sync::{Mutex, PoisonError};

use aws_sdk_dynamodb::Client;

/// The tables of finished worlds.
static FINISHED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The table of a world. When it is dropped, the next world deletes it.
#[derive(Debug)]
pub(super) struct SharedTable(pub String);

impl Drop for SharedTable {
    fn drop(&mut self) {
        FINISHED.lock().unwrap_or_else(PoisonError::into_inner).push(std::mem::take(&mut self.0));
    }
}

/// Deletes the tables of finished worlds. A table that cannot be deleted harms no test.
pub(super) async fn delete_finished(client: &Client) {
    let finished = std::mem::take(&mut *FINISHED.lock().unwrap_or_else(PoisonError::into_inner));
    for table in finished {
        let _ = client.delete_table().table_name(table).send().await;
    }
}
