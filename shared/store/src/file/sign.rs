use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{CustomerId, File, FileDraft, FileId, FileSize, FileStatus, UploadQuota};

use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    condition::Condition,
    expression::{Update, number},
    idempotency::{Attempt, Attempts},
    transaction::{Transaction, WriteIndex},
};

/// How long a pending file can be registered: 24 hours, as long as idempotency records are stored.
const PENDING_TTL_SECONDS: i64 = 24 * 60 * 60;

impl TenantStore {
    /// AP-61: creates a pending file, in one round trip. It expires after 24 hours unless it is registered. If a customer uploads it,
    /// only in one of their conversations and within their quota. A repeat does not count.
    ///
    /// # Errors
    /// [`StoreError::ConversationNotFound`], [`StoreError::UploadQuotaReached`], [`StoreError::IdempotencyKeyReused`].
    pub async fn create_file(
        &self,
        uploader: Option<(&CustomerId, UploadQuota)>,
        draft: FileDraft,
        key: Option<&IdempotencyKey>,
    ) -> Result<Once<File>, StoreError> {
        self.create_file_with_id(FileId::generate(self.clock()), uploader, draft, key).await
    }

    /// AP-61: creates a pending file with an id that was given out before. If there is a file with this id, it stays as it is.
    ///
    /// # Errors
    /// As [`TenantStore::create_file`].
    pub async fn create_file_with_id(
        &self,
        id: FileId,
        uploader: Option<(&CustomerId, UploadQuota)>,
        draft: FileDraft,
        key: Option<&IdempotencyKey>,
    ) -> Result<Once<File>, StoreError> {
        let file = File { id, draft, status: FileStatus::Pending, shared: uploader.is_some(), version: 1 };
        let until = self.clock().now().plus_seconds(PENDING_TTL_SECONDS);
        let mut transaction = Transaction::default();
        let itself = transaction.put_new(self, self.file_item(&file, until)?)?;
        let conversation = match file.draft.conversation_id {
            Some(id) => Some(self.check_conversation(&mut transaction, id, uploader.map(|(customer, _)| customer))?),
            None => None,
        };
        let counted = match uploader {
            Some((customer, quota)) => {
                let write = self.count_upload(&mut transaction, customer, quota, file.draft.size)?;
                Some((write, StoreError::UploadQuotaReached(quota, self.seconds_until_next_hour())))
            }
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
            Attempt::Failed(failed) => match counted {
                Some((write, reached)) if failed.at(write) => Err(reached),
                _ => Err(StoreError::Internal("an unknown condition failed for a new file".to_owned())),
            },
        }
    }

    /// Adds the count of a customer's uploads to the transaction. Its condition holds while the quota has room.
    fn count_upload(
        &self,
        transaction: &mut Transaction,
        customer: &CustomerId,
        quota: UploadQuota,
        size: FileSize,
    ) -> Result<WriteIndex, StoreError> {
        let hour = self.hour();
        let mut update = Update::default();
        update.add("files", 1);
        update.add("bytes", size.bytes());
        update.set("expiresAt", number((hour + 2) * UploadQuota::WINDOW_SECONDS));
        let mut condition = Condition::none();
        let files = condition.value(number(i64::from(quota.files)));
        let bytes = condition.value(AttributeValue::N(quota.room_for(size).to_string()));
        let has_room = format!("(attribute_not_exists(pk) OR (#files < {files} AND #bytes <= {bytes}))");
        transaction.update(self, self.keys().uploads(customer, hour), update, condition.and(has_room))
    }

    /// Returns the number of the hour since 1970.
    fn hour(&self) -> i64 {
        self.clock().now().as_seconds().div_euclid(UploadQuota::WINDOW_SECONDS)
    }

    fn seconds_until_next_hour(&self) -> u64 {
        let seconds = (self.hour() + 1) * UploadQuota::WINDOW_SECONDS - self.clock().now().as_seconds();
        u64::try_from(seconds).unwrap_or(1).max(1)
    }
}
