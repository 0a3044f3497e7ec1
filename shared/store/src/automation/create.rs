use deskless_domain::Execution;

use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    conversation::live,
    idempotency::{Attempt, Attempts},
    transaction::Transaction,
};

impl TenantStore {
    /// AP-85: creates an execution for a manual run. The table's stream triggers its steps.
    ///
    /// # Errors
    /// [`StoreError::ConversationNotFound`], [`StoreError::IdempotencyKeyReused`].
    pub async fn create_execution(
        &self,
        execution: Execution,
        key: Option<&IdempotencyKey>,
    ) -> Result<Once<Execution>, StoreError> {
        let mut transaction = Transaction::default();
        let conversation = transaction.check(self, self.keys().conversation(execution.conversation_id), live())?;
        let itself = transaction.put_new(self, self.execution_item(&execution)?)?;
        match Attempts::new(self, key).commit(transaction, &execution).await? {
            Attempt::Committed => Ok(Once::first(execution)),
            Attempt::Replayed(earlier) => Ok(Once::replay(earlier)),
            // The id is new, so an earlier attempt was committed and its response was lost.
            Attempt::Failed(failed) if failed.at(itself) => Ok(Once::first(execution)),
            Attempt::Failed(failed) if failed.at(conversation) => Err(StoreError::ConversationNotFound),
            Attempt::Failed(_) => {
                Err(StoreError::Internal("an unknown condition failed for a new execution".to_owned()))
            }
        }
    }

    /// AP-89: creates an execution that an event triggered. An existing execution stays: its id follows from the automation
    /// and the root cause, so a repeated stream record creates one execution.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn enqueue_execution(&self, execution: &Execution) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        transaction.put_new(self, self.execution_item(execution)?)?;
        transaction.commit(self, &mut self.backoff()).await.map(drop)
    }
}
