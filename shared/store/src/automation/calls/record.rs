use deskless_domain::{ConversationId, Execution, Timestamp};

use super::CallKey;
use crate::{
    Marked, Marker, StoreError, TenantStore,
    condition::Condition,
    expression::Update,
    timer::set_due,
    transaction::{Commit, Transaction},
};

impl TenantStore {
    /// AP-202: puts off a call to this time, in one transaction with the next version of its execution.
    /// [`Marked::AlreadyWritten`] if the call does not exist any more; [`Marked::Changed`] if the execution has changed.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn postpone_call(
        &self,
        call: CallKey,
        next: &Execution,
        next_attempt: Timestamp,
    ) -> Result<Marked, StoreError> {
        let mut transaction = Transaction::default();
        let key = self.keys().retried_call(call);
        let mut update = Update::default();
        set_due(&mut update, &key, next_attempt);
        let state = transaction.update(self, key, update, Condition::exists())?;
        self.add_marker(&mut transaction, &Marker::Execution(Box::new(next.clone())))?;
        Ok(match transaction.commit(self, &mut self.backoff()).await? {
            Commit::Done => Marked::Written,
            Commit::Failed(failed) if failed.at(state) => Marked::AlreadyWritten,
            Commit::Failed(_) => Marked::Changed,
        })
    }

    /// AP-203, AP-204: removes a call that is over, in one transaction with the next version of its execution, if there is one. A call that
    /// does not exist any more counts as removed. [`Marked::Changed`] if the execution has changed.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn remove_call(
        &self,
        call: CallKey,
        conversation: ConversationId,
        next: Option<&Execution>,
    ) -> Result<Marked, StoreError> {
        let mut transaction = Transaction::default();
        let keys = self.keys();
        for key in [keys.retried_call(call), keys.retried_body(call), keys.call_of_conversation(conversation, call)] {
            transaction.delete(self, key, Condition::none())?;
        }
        if let Some(next) = next {
            self.add_marker(&mut transaction, &Marker::Execution(Box::new(next.clone())))?;
        }
        Ok(match transaction.commit(self, &mut self.backoff()).await? {
            Commit::Done => Marked::Written,
            Commit::Failed(_) => Marked::Changed,
        })
    }
}
