use deskless_domain::{FileId, Precondition};

use super::item::attributes;
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number},
};

impl TenantStore {
    /// AP-64: deletes a file. It is gone at once; its row says so to the worker on the stream, which removes the object.
    /// `expected` holds the versions under which the caller wants this; `None` means any.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`].
    pub async fn delete_file(&self, id: FileId, precondition: &Precondition) -> Result<(), StoreError> {
        let mut file = self.get_file(id).await?;
        loop {
            precondition.check(file.version)?;
            let mut update = Update::default();
            update.set(attributes::DELETED_AT, number(self.clock().now().as_millis()));
            update.remove(attributes::EXPIRES_AT);
            let unchanged =
                Condition::none().missing(attributes::DELETED_AT).version(&Precondition::exactly(file.version));
            if self.update_if(self.keys().file(id), update, unchanged).await? {
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
