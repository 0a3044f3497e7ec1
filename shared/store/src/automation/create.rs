use deskless_domain::{AutomationId, Execution, ExecutionId};
use futures_util::future::try_join_all;
use serde::Serialize;

use super::item::JOB;
use crate::{
    IdempotencyKey, Once, StoreError, TenantStore,
    condition::Condition,
    conversation::live,
    expression::{Update, number, text},
    idempotency::{Attempt, Attempts},
    item::{self, VERSION, string},
    transaction::{Commit, Transaction},
};

/// How long a conversation names an execution: 40 days, because DynamoDB removes expired executions days late.
const POINTER_TTL_SECONDS: i64 = 40 * 24 * 60 * 60;

/// Names an execution with a context under its conversation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PointerItem {
    expires_at: i64,
}

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
        if !execution.context.is_empty() {
            self.add_context_pointer(&mut transaction, &execution)?;
        }
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

    /// Adds the item by which the removal of the conversation finds the context of an execution.
    fn add_context_pointer(&self, transaction: &mut Transaction, execution: &Execution) -> Result<(), StoreError> {
        let key =
            self.keys().execution_of_conversation(execution.conversation_id, execution.automation_id, execution.id);
        let expires_at = execution.created_at().plus_seconds(POINTER_TTL_SECONDS).as_seconds();
        transaction.put(self, item::write(key, &PointerItem { expires_at })?, Condition::none()).map(drop)
    }

    /// AP-40: removes the contexts of the executions on a conversation. An execution in progress continues with its next
    /// version, and finds no conversation.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn erase_contexts(&self, executions: &[(AutomationId, ExecutionId)]) -> Result<(), StoreError> {
        let erase = executions.iter().map(|&(automation, id)| {
            let mut update = Update::default();
            update.remove("context");
            update.add(VERSION, 1);
            self.update_if(self.keys().execution(automation, id), update, Condition::exists().present("context"))
        });
        try_join_all(erase).await.map(drop)
    }

    /// AP-89: creates the executions that one event triggers, to run one after another. An existing execution stays: its id
    /// follows from the automation and the root cause, so a repeated stream record creates one execution.
    ///
    /// More than fit into one transaction are written from the last to the first: nothing starts before all are written. If this
    /// is interrupted, a repeat finds what was written, and continues with the rest.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn enqueue_executions(&self, mut executions: Vec<Execution>) -> Result<(), StoreError> {
        let mut backoff = self.backoff();
        // The first of those that are written, and whether an earlier one starts it.
        let mut written: Option<Execution> = None;
        let mut is_linked = false;
        while !executions.is_empty() {
            Execution::link(&mut executions, written.as_ref().map(|first| first.automation_id));
            let start = executions.len().saturating_sub(Transaction::MAX_WRITES);
            let mut transaction = Transaction::default();
            let mut writes = Vec::new();
            for execution in &executions[start..] {
                let item = self.execution_item(execution)?;
                writes.push((transaction.put_new(self, item.clone())?, item));
            }
            if let Commit::Failed(failed) = transaction.commit(self, &mut backoff).await?
                && !writes.iter().all(|(write, item)| failed.existing(*write) == Some(item))
            {
                let next = written.as_ref().map(|first| first.automation_id.to_string());
                let mut existing = writes.iter().filter_map(|(write, _)| failed.existing(*write));
                is_linked |= next.is_some() && existing.any(|item| string(item, "next") == next.as_deref());
                let mut is_new = writes.iter().map(|(write, _)| !failed.at(*write));
                let last = executions.split_off(start).into_iter();
                executions.extend(last.filter(|_| is_new.next().unwrap_or_default()));
                continue;
            }
            written = Some(executions[start].clone());
            is_linked = false;
            executions.truncate(start);
        }
        match written {
            // All those before it existed, as runs of other changes with the same root cause.
            Some(first) if first.waits && !is_linked => self.release(&first).await,
            _ => Ok(()),
        }
    }

    /// Starts an execution that waits, though none is before it.
    async fn release(&self, waiting: &Execution) -> Result<(), StoreError> {
        let mut update = Update::default();
        update.set("job", text(JOB));
        let unchanged = Condition::exists().equals(VERSION, number(waiting.version));
        self.update_if(self.keys().execution(waiting.automation_id, waiting.id), update, unchanged).await.map(drop)
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
