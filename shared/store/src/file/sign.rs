use deskless_domain::{CustomerId, File, FileDraft, FileId, FileStatus};

use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    idempotency::{Attempt, Attempts},
    transaction::Transaction,
};

/// How long a pending file can be registered: 24 hours, as long as idempotency records are stored.
const PENDING_TTL_SECONDS: i64 = 24 * 60 * 60;

impl TenantStore {
    /// AP-61: creates a pending file, in one round trip. It expires after 24 hours unless it is registered. With an owner,
    /// only in a conversation of that customer.
    ///
    /// # Errors
    /// [`StoreError::ConversationNotFound`], [`StoreError::IdempotencyKeyReused`].
    pub async fn create_file(
        &self,
        owner: Option<&CustomerId>,
        draft: FileDraft,
        key: Option<&IdempotencyKey>,
    ) -> Result<Once<File>, StoreError> {
        let id = FileId::generate(self.clock());
        let file = File { id, draft, status: FileStatus::Pending, shared: owner.is_some(), version: 1 };
        let until = self.clock().now().plus_seconds(PENDING_TTL_SECONDS);
        let mut transaction = Transaction::default();
        let itself = transaction.put_new(self, self.file_item(&file, until)?)?;
        let conversation = match file.draft.conversation_id {
            Some(id) => Some(self.check_conversation(&mut transaction, id, owner)?),
            None => None,
        };
        match Attempts::new(self, key).commit(transaction, &file).await? {
            Attempt::Committed => Ok(Once::first(file)),
            Attempt::Replayed(earlier) => Ok(Once::replay(earlier)),
            // The id is new, so an earlier attempt was committed and its response was lost.
            Attempt::Failed(failed) if failed.at(itself) => Ok(Once::first(file)),
            Attempt::Failed(failed) if conversation.is_some_and(|check| failed.at(check)) => {
                Err(StoreError::ConversationNotFound)
            }
            Attempt::Failed(_) => Err(StoreError::Internal("an unknown condition failed for a new file".to_owned())),
        }
    }
}
