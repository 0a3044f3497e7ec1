use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use deskless_domain::{ApiKey, AttemptId, Collected, Precondition, Resource};

use super::item::is_own_write;
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    error::{causes, is_transient},
    expression::number,
    item::VERSION,
    transaction::{Commit, Transaction},
};

impl TenantStore {
    /// AP-18: replaces a resource with its next version. Returns false if the stored version is not the previous one: read
    /// it again and retry.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn replace_resource<T: Collected>(&self, next: &Resource<T>) -> Result<bool, StoreError> {
        self.replace_resource_for(next, None).await
    }

    /// AP-18: as [`Self::replace_resource`], on the condition that the API key `caller` has not changed since it was read.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn replace_resource_for<T: Collected>(
        &self,
        next: &Resource<T>,
        caller: Option<&ApiKey>,
    ) -> Result<bool, StoreError> {
        let attempt = AttemptId::generate(self.clock());
        let unchanged = Condition::none().version(&Precondition::exactly(next.version - 1));
        let mut transaction = Transaction::default();
        let itself = transaction.put(self, self.resource_item(next, attempt)?, unchanged)?;
        if let Some(caller) = caller {
            self.check_key(&mut transaction, caller)?;
        }
        match transaction.commit(self, &mut self.backoff()).await? {
            Commit::Done => Ok(true),
            // The existing item may be this write, if its first response was lost.
            Commit::Failed(failed) => Ok(is_own_write(failed.existing(itself), attempt)),
        }
    }

    /// AP-18: deletes a resource. Returns false if it has a different version. Returns true if it does not exist any more.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn remove_resource<T: Collected>(&self, id: T::Id, version: u64) -> Result<bool, StoreError> {
        let request = self
            .client()
            .delete_item()
            .table_name(self.table())
            .set_key(Some(self.keys().resource(T::KIND, id).attributes()))
            .condition_expression("attribute_not_exists(pk) OR #version = :before")
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_values(":before", number(version));
        let mut backoff = self.backoff();
        loop {
            let Err(error) = request.clone().send().await else { return Ok(true) };
            if error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) {
                return Ok(false);
            }
            if !is_transient(&error) {
                return Err(StoreError::from_sdk(&error));
            }
            backoff.pause(&causes(&error)).await?;
        }
    }
}
