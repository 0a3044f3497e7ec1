//! Markers make a step of background work happen once: each change commits with a marker that can be written once only.

use deskless_domain::{ActionFailure, BulkActionId, ConversationId, Execution};

use crate::{
    StoreError, TenantStore,
    bulk::DoneItem,
    condition::Condition,
    expression::number,
    item,
    transaction::{Transaction, WriteIndex},
};

/// Says that a step of background work was taken.
#[derive(Debug, Clone)]
pub enum Marker {
    /// A bulk action has dealt with a conversation. Can be written once.
    Bulk {
        /// The bulk action.
        id: BulkActionId,
        /// The step that dealt with it.
        step: u64,
        /// The conversation.
        conversation: ConversationId,
        /// Why the action was not possible; `None` if it was.
        failure: Option<ActionFailure>,
        /// When the marker expires, in seconds since 1970.
        expires_at: i64,
    },
    /// An automation's run has come this far. Can be written over the version before only.
    Execution(Box<Execution>),
}

/// How a write with a marker ended.
#[derive(Debug)]
pub enum Marked {
    /// The write and its marker were committed.
    Now,
    /// The step was taken before. Nothing was written.
    Before,
    /// The conversation has changed since it was read, or is gone. Nothing was written.
    Changed,
}

impl TenantStore {
    /// Writes a marker alone.
    ///
    /// # Errors
    /// When the table does not answer.
    pub async fn mark(&self, marker: &Marker) -> Result<Marked, StoreError> {
        let mut transaction = Transaction::default();
        self.add_marker(&mut transaction, marker)?;
        Ok(match transaction.commit(self, &mut crate::backoff::Backoff::new(self.clock())).await? {
            crate::transaction::Commit::Done => Marked::Now,
            crate::transaction::Commit::Failed(_) => Marked::Before,
        })
    }

    pub(crate) fn add_marker(&self, transaction: &mut Transaction, marker: &Marker) -> Result<WriteIndex, StoreError> {
        match marker {
            Marker::Bulk { id, step, conversation, failure, expires_at } => {
                let done = DoneItem { step: *step, failure: *failure, expires_at: *expires_at };
                transaction.put_new(self, item::write(self.keys().bulk_done(*id, *conversation), &done)?)
            }
            Marker::Execution(next) => {
                let before = Condition::none().equals("version", number(next.version - 1));
                transaction.put(self, self.execution_item(next)?, before)
            }
        }
    }
}
