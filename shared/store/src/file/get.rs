use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{ConversationId, CustomerId, File, FileId, FileStatus, authorization::customer_may_see};
use futures_util::future::try_join_all;

use super::item::{self, attributes as attribute};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    conversation::{attributes, live},
    expression::{Update, text},
    transaction::{Transaction, WriteIndex},
};

impl TenantStore {
    /// AP-63: reads one file, pending or ready. Files of a conversation that is being deleted are not found.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such file.
    pub async fn get_file(&self, id: FileId) -> Result<File, StoreError> {
        self.find_file(id, None).await?.ok_or(StoreError::NotFound)
    }

    /// AP-63: reads one file. With an owner, only files that this customer can see in their conversations. Returns `None` if there is none.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn find_file(&self, id: FileId, owner: Option<&CustomerId>) -> Result<Option<File>, StoreError> {
        let Some(found) = self.get(self.keys().file(id)).await? else { return Ok(None) };
        let Some(file) = item::read(found, self.clock().now())? else { return Ok(None) };
        let exists = match file.draft.conversation_id {
            Some(conversation) => {
                let conversation = self.get(self.keys().conversation(conversation)).await?;
                conversation.is_some_and(|item| match owner {
                    Some(owner) => customer_may_see(&file) && self.is_own(&item, owner),
                    None => !item.contains_key(attributes::DELETED_AT),
                })
            }
            None => owner.is_none(),
        };
        Ok(exists.then_some(file))
    }

    /// AP-66: reads files at the same time. The result has one entry for each id, in order: the file if it is ready, else
    /// `None`. The caller checks to which conversation each file belongs.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn ready_files(&self, ids: &[FileId]) -> Result<Vec<Option<File>>, StoreError> {
        let now = self.clock().now();
        let found = try_join_all(ids.iter().map(|id| self.get(self.keys().file(*id)))).await?;
        let read = found.into_iter().map(|found| found.map_or(Ok(None), |found| item::read(found, now)));
        read.map(|file| file.map(|file| file.filter(|file| file.status == FileStatus::Ready))).collect()
    }

    /// AP-66: adds the update that shares a file with the customer of its conversation to the transaction of the reply that
    /// attaches it. Its condition fails for a file that is being deleted.
    pub(crate) fn add_share(&self, transaction: &mut Transaction, id: FileId) -> Result<WriteIndex, StoreError> {
        let mut update = Update::default();
        update.set(attribute::SHARED, AttributeValue::Bool(true));
        let exists = Condition::exists().missing(attribute::DELETED_AT);
        transaction.update(self, self.keys().file(id), update, exists)
    }

    /// Adds a check that a conversation exists and, with an owner, belongs to that customer.
    pub(super) fn check_conversation(
        &self,
        transaction: &mut Transaction,
        id: ConversationId,
        owner: Option<&CustomerId>,
    ) -> Result<WriteIndex, StoreError> {
        let mut condition = live();
        if let Some(owner) = owner {
            condition = condition.equals(attributes::CUSTOMER_PARTITION, text(self.keys().by_customer(owner)));
        }
        transaction.check(self, self.keys().conversation(id), condition)
    }
}
