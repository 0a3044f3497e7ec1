//! What a deleted file leaves behind.

use std::time::Duration;

use deskless_domain::{ConversationId, FileId};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::item::claimed_for;
use crate::{
    StoreError, TenantStore,
    item::{Item, string},
    keys::{Key, file_of},
};

/// How many files of a conversation are removed at once.
const AT_ONCE: usize = 16;

/// A deleted file.
#[derive(Debug)]
pub struct FileChange {
    pub(crate) tenant: TenantStore,
    pub(crate) id: FileId,
    pub(crate) conversation: Option<ConversationId>,
}

impl FileChange {
    /// AP-65: removes the file's objects, then what its conversation says of it, its row last: a removal that is interrupted
    /// is taken up again.
    ///
    /// # Errors
    /// When S3 or the table does not answer, and while somebody may be registering the file.
    pub async fn erase(&self) -> Result<(), StoreError> {
        self.tenant.erase_objects(self.id).await?;
        let keys = self.tenant.keys();
        if let Some(conversation) = self.conversation {
            self.tenant.delete_row(keys.file_of_conversation(conversation, self.id)).await?;
        }
        self.tenant.delete_row(keys.file(self.id)).await
    }
}

impl TenantStore {
    /// AP-65: removes the objects and the rows of those files among what lies under a deleted conversation. What says that the
    /// conversation has them goes later, with the rest.
    pub(crate) async fn erase_files_among(&self, doomed: &[Item]) -> Result<(), StoreError> {
        let ids: Vec<FileId> = doomed.iter().filter_map(|item| string(item, "sk").and_then(file_of)).collect();
        let erase = |id: FileId| async move {
            self.erase_objects(id).await?;
            self.delete_row(self.keys().file(id)).await
        };
        stream::iter(ids).map(erase).buffer_unordered(AT_ONCE).try_collect().await
    }

    async fn erase_objects(&self, id: FileId) -> Result<(), StoreError> {
        let left = self.claim_left(id).await?;
        if left > 0 {
            // Its copy would come to lie where nobody looks any more. Whoever is at it will be done soon, or is dead: that is
            // waited for, since the stream tells of a deletion a few times only.
            tokio::time::sleep(Duration::from_millis(left)).await;
            if self.claim_left(id).await? > 0 {
                return Err(StoreError::Unavailable("a deleted file is just being registered".to_owned()));
            }
        }
        let bucket = self.bucket()?;
        let (pending, file) = (self.keys().pending_object(id), self.keys().file_object(id));
        tokio::try_join!(bucket.delete(&pending), bucket.delete(&file))?;
        Ok(())
    }

    /// For how many milliseconds more somebody may be registering the file.
    async fn claim_left(&self, id: FileId) -> Result<u64, StoreError> {
        let row = self.get(self.keys().file(id)).await?;
        Ok(row.map_or(0, |row| claimed_for(&row, self.clock().now())))
    }

    async fn delete_row(&self, key: Key) -> Result<(), StoreError> {
        let request = self.client().delete_item().table_name(self.table()).set_key(Some(key.attributes()));
        request.send().await.map(drop).map_err(|e| StoreError::from_sdk(&e))
    }
}
