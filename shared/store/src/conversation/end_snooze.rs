use deskless_domain::{ConversationId, Transition};

use crate::{StoreError, TenantStore, expression::number, keys::DUE};

impl TenantStore {
    /// AP-181: ends a conversation's snooze whose time is over, in one write. Returns whether it did: not if the snooze was ended,
    /// moved or deleted meanwhile, which another writer did first. Other changes do not matter, so nothing is read.
    ///
    /// # Errors
    /// When the table does not respond, or other writers are faster for eight seconds.
    pub async fn end_snooze(&self, id: ConversationId) -> Result<bool, StoreError> {
        let mut backoff = self.backoff();
        loop {
            let now = self.clock().now();
            let (update, condition) = self.write_transition(id, &Transition::end_of_snooze(now));
            let condition = condition.at_most(DUE, number(now.as_millis()));
            match self.update_if(self.keys().conversation(id), update, condition).await {
                // Also a conflict with a transaction on the conversation.
                Err(StoreError::Unavailable(reason)) => backoff.pause(&reason).await?,
                outcome => return outcome,
            }
        }
    }
}
