use deskless_domain::{AuditAction, AuditEvent, FileId, Precondition};

use super::item::{JOB, attributes};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number, text},
};

impl TenantStore {
    /// AP-64: deletes a file. It does not exist any more at once. The table's stream triggers the removal of its object
    /// (AP-65).
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
            update.set("job", text(JOB));
            let unchanged =
                Condition::none().missing(attributes::DELETED_AT).version(&Precondition::exactly(file.version));
            let event = AuditEvent::new(AuditAction::FileDeleted, id);
            if self.update_audited(self.keys().file(id), update, unchanged, event).await? {
                return Ok(());
            }
            // The file was registered in the meantime, or deleted, perhaps by this request whose response was lost.
            match self.find_file(id, None).await? {
                Some(current) => file = current,
                None => return Ok(()),
            }
        }
    }
}
