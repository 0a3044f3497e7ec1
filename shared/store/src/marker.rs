//! Markers make the steps of background jobs idempotent: each change commits together with a marker that can be written
//! only once.

use deskless_domain::{ActionFailure, BulkActionId, ConversationId, Execution};

use crate::{
    StoreError, TenantStore,
    bulk::BulkMarkerItem,
    condition::Condition,
    expression::number,
    item,
    item::VERSION,
    transaction::{Transaction, WriteIndex},
};

/// The marker of a step of a background job.
#[derive(Debug, Clone)]
pub enum Marker {
    /// A bulk action has processed a conversation.
    Bulk {
        /// The bulk action.
        id: BulkActionId,
        /// The step of the bulk action.
        step: u64,
        /// The conversation.
        conversation: ConversationId,
        /// Why the action failed; `None` if it succeeded.
        failure: Option<ActionFailure>,
        /// The expiry time, in seconds since 1970.
        expires_at: i64,
    },
    /// The next version of an execution. It can only replace the previous version. If it has ended, the one that waits for it is
    /// released.
    Execution(Box<Execution>),
}

/// The result of a write with a marker.
#[derive(Debug)]
pub enum Marked {
    /// The write and its marker were committed.
    Written,
    /// The marker exists: an earlier attempt took this step. Nothing was written.
    AlreadyWritten,
    /// The conversation was changed or deleted since it was read. Nothing was written.
    Changed,
}

impl TenantStore {
    /// AP-70, AP-90: writes a marker without any other change, such as the next version of an execution when it starts,
    /// after a webhook call or after a failed step. An execution is written as a whole over its previous version, so two
    /// writers cannot take the same step.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn mark(&self, marker: &Marker) -> Result<Marked, StoreError> {
        let mut transaction = Transaction::default();
        self.add_marker(&mut transaction, marker)?;
        Ok(match transaction.commit(self, &mut self.backoff()).await? {
            crate::transaction::Commit::Done => Marked::Written,
            crate::transaction::Commit::Failed(_) => Marked::AlreadyWritten,
        })
    }

    /// Adds a marker to the transaction of its change.
    pub(crate) fn add_marker(&self, transaction: &mut Transaction, marker: &Marker) -> Result<WriteIndex, StoreError> {
        match marker {
            Marker::Bulk { id, step, conversation, failure, expires_at } => {
                let attributes = BulkMarkerItem { step: *step, failure: *failure, expires_at: *expires_at };
                transaction.put_new(self, item::write(self.keys().bulk_marker(*id, *conversation), &attributes)?)
            }
            Marker::Execution(next) => {
                let unchanged = Condition::none().equals(VERSION, number(next.version - 1));
                let write = transaction.put(self, self.execution_item(next)?, unchanged)?;
                self.add_release(transaction, next)?;
                Ok(write)
            }
        }
    }
}
