use deskless_domain::FileId;

use super::item::attributes;
use crate::{
    StoreError, TenantStore,
    expression::{Update, number},
};

impl TenantStore {
    /// AP-64: deletes a file. It is gone at once; its row says so to the worker on the stream, which removes the object.
    /// `expected` holds the versions under which the caller wants this; `None` means any.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`].
    pub async fn delete_file(&self, id: FileId, expected: Option<&[u64]>) -> Result<(), StoreError> {
        let mut file = self.get_file(id).await?;
        loop {
            if expected.is_some_and(|versions| !versions.contains(&file.version)) {
                return Err(StoreError::VersionMismatch);
            }
            let mut update = Update::default();
            update.set(attributes::DELETED_AT, number(self.clock().now().as_millis()));
            update.remove(attributes::EXPIRES_AT);
            let (version, known) = (update.name(attributes::VERSION), update.value("known", number(file.version)));
            let condition = format!("attribute_not_exists({}) AND {version} = {known}", attributes::DELETED_AT);
            if self.update_where(self.keys().file(id), update, &condition).await? {
                return Ok(());
            }
            // It was registered in between, or deleted: perhaps by this very request, whose answer was lost.
            match self.find_file(id, None).await? {
                Some(now) => file = now,
                None => return Ok(()),
            }
        }
    }
}
