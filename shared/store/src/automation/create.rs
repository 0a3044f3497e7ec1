use deskless_domain::{AutomationId, AutomationTrigger, ConversationId, Execution, ExecutionId, Metadata};

use crate::{
    Once, Repeat, StoreError, TenantStore,
    backoff::Backoff,
    conversation::LIVE,
    transaction::{ABSENT, Outcome, Transaction},
};

impl TenantStore {
    /// AP-85: has an automation run over a conversation, by hand. The run waits for the worker that does jobs.
    ///
    /// # Errors
    /// [`StoreError::NoSuchReference`] of `conversationId` when the workspace has no such conversation,
    /// [`StoreError::IdempotencyKeyReused`].
    pub async fn create_execution(
        &self,
        automation: AutomationId,
        conversation: ConversationId,
        context: Metadata,
        repeat: Option<Repeat<'_, Execution>>,
    ) -> Result<Once<Execution>, StoreError> {
        let mut backoff = Backoff::new(self.clock());
        let id = ExecutionId::generate(self.clock());
        let execution =
            Execution { context, ..Execution::queued(id, automation, conversation, AutomationTrigger::Manual) };
        let item = self.execution_item(&execution)?;
        loop {
            let mut transaction = Transaction::default();
            let there = transaction.check(self, self.keys().conversation(conversation), LIVE)?;
            let itself = transaction.put(self, item.clone(), Some(ABSENT))?;
            if let Some(repeat) = &repeat {
                self.remember(&mut transaction, repeat, &execution)?;
            }
            let refusal = match transaction.commit(self, &mut backoff).await? {
                Outcome::Committed => return Ok(Once::Done(execution)),
                Outcome::Refused(refusal) => refusal,
            };
            // A repeat may find that the conversation is gone meanwhile, so the record is asked for first.
            if let Some(answer) = self.replay(repeat.as_ref()).await? {
                return Ok(Once::Replayed(answer));
            }
            if refusal.of(itself).is_some() {
                return Ok(Once::Done(execution));
            }
            if refusal.of(there).is_some() {
                return Err(StoreError::NoSuchReference("conversationId"));
            }
            // The record that refused is not there any more: it was past its time.
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("a record of an earlier answer keeps changing".to_owned()));
            }
        }
    }
}
