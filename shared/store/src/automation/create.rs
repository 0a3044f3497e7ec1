use deskless_domain::Execution;

use super::item::JOB;
use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    condition::Condition,
    conversation::live,
    expression::{Update, text},
    idempotency::{Attempt, Attempts},
    transaction::{Commit, Transaction},
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

    /// AP-89: creates the executions that one event triggers, to run one after another. An existing execution stays: its id
    /// follows from the automation and the root cause, so a repeated stream record creates one execution.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn enqueue_executions(&self, mut executions: Vec<Execution>) -> Result<(), StoreError> {
        let mut backoff = self.backoff();
        while !executions.is_empty() {
            Execution::link(&mut executions);
            let mut transaction = Transaction::default();
            let mut writes = Vec::new();
            for execution in &executions {
                writes.push(transaction.put_new(self, self.execution_item(execution)?)?);
            }
            let Commit::Failed(failed) = transaction.commit(self, &mut backoff).await? else { break };
            let mut exist = writes.iter().map(|write| failed.at(*write));
            executions.retain(|_| !exist.next().unwrap_or_default());
        }
        Ok(())
    }

    /// Adds the release of the execution that waits for this one to the transaction that ends it.
    pub(crate) fn add_release(&self, transaction: &mut Transaction, ended: &Execution) -> Result<(), StoreError> {
        if let Some((automation, id)) = ended.successor() {
            let mut update = Update::default();
            update.set("job", text(JOB));
            transaction.update(self, self.keys().execution(automation, id), update, Condition::exists())?;
        }
        Ok(())
    }
}
