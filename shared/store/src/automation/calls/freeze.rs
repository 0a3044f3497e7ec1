use deskless_domain::{Execution, Timestamp};

use super::{BODY, RetriedCall, TTL_SECONDS, attributes, body::deflate};
use crate::{
    Marked, Marker, StoreError, TenantStore,
    condition::Condition,
    conversation::live,
    expression::{Update, number, packed_id, text},
    item::{self, FORMAT_ATTRIBUTE},
    timer::set_due,
    transaction::{Commit, Transaction},
};

impl TenantStore {
    /// AP-200: keeps a webhook call that failed, for the next attempt at this time, in one transaction with the execution's progress.
    /// [`Marked::Changed`] if the conversation was deleted: nothing about it is kept.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn freeze_call(
        &self,
        next: &Execution,
        call: &RetriedCall,
        next_attempt: Timestamp,
    ) -> Result<Marked, StoreError> {
        let expires_at = number(self.clock().now().plus_seconds(TTL_SECONDS).as_seconds());
        let mut transaction = Transaction::default();
        let conversation = transaction.check(self, self.keys().conversation(call.conversation), live())?;
        self.add_marker(&mut transaction, &Marker::Execution(Box::new(next.clone())))?;

        let key = self.keys().retried_call(call.key);
        let mut state = Update::default();
        state.set(FORMAT_ATTRIBUTE, number(item::FORMAT));
        state.set(attributes::CONVERSATION, packed_id(call.conversation));
        state.set(attributes::URL, text(call.url.as_str()));
        state.set(attributes::ATTEMPTS, number(call.attempts));
        state.set("expiresAt", expires_at.clone());
        set_due(&mut state, &key, next_attempt);
        transaction.update(self, key, state, Condition::none())?;

        let mut body = Update::default();
        body.set(FORMAT_ATTRIBUTE, number(item::FORMAT));
        body.set(BODY, deflate(&call.body)?);
        body.set("expiresAt", expires_at.clone());
        transaction.update(self, self.keys().retried_body(call.key), body, Condition::none())?;

        let mut pointer = Update::default();
        pointer.set(FORMAT_ATTRIBUTE, number(item::FORMAT));
        pointer.set("expiresAt", expires_at);
        let key = self.keys().call_of_conversation(call.conversation, call.key);
        transaction.update(self, key, pointer, Condition::none())?;

        Ok(match transaction.commit(self, &mut self.backoff()).await? {
            Commit::Done => Marked::Written,
            Commit::Failed(failed) if failed.at(conversation) => Marked::Changed,
            Commit::Failed(_) => Marked::AlreadyWritten,
        })
    }
}
