use deskless_domain::{ConversationId, Existing, Message, MessageId, MessageReport, Precondition};

use super::{claim::claimant, item::attributes};
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    conversation::live,
    expression::{Update, number, text},
    item::VERSION,
    transaction::{Commit, Transaction},
};

impl TenantStore {
    /// AP-31: updates a message from a provider's report, in two round trips. A report with nothing new writes nothing.
    /// Messages of a conversation that is being deleted are neither changed nor created again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`], [`StoreError::NotDelivered`],
    /// [`StoreError::MessageIdTaken`] when another message of the conversation has this externalId.
    pub async fn report_message(
        &self,
        conversation: ConversationId,
        id: MessageId,
        report: &MessageReport,
        precondition: &Precondition,
    ) -> Result<Message, StoreError> {
        let mut backoff = self.backoff();
        // The message may already hold the claim on an externalId that it had before.
        let mut is_claimed = false;
        loop {
            let known = self.get_message(conversation, id).await?;
            precondition.check(known.version)?;
            let Some(next) = known.reported(report)? else { return Ok(known) };
            let mut transaction = Transaction::default();
            let thread = transaction.check(self, self.keys().conversation(conversation), live())?;
            self.add_report(&mut transaction, &known, &next)?;
            let claims = !is_claimed && next.draft.external_id != known.draft.external_id;
            let claim =
                if claims { self.claim_provider_id(&mut transaction, &next, Condition::absent())? } else { None };
            let failed = match transaction.commit(self, &mut backoff).await? {
                Commit::Done => return Ok(next),
                Commit::Failed(failed) => failed,
            };
            if failed.at(thread) {
                return Err(StoreError::NotFound);
            }
            if let Some(claim) = claim.filter(|claim| failed.at(*claim)) {
                let holder = claimant(failed.existing(claim))?;
                if holder != id {
                    // The claim stays when its message is deleted.
                    let exists = self.get(self.keys().message(conversation, holder)).await?.is_some();
                    let existing = exists.then_some(Existing::Message(conversation, holder));
                    return Err(StoreError::MessageIdTaken(existing));
                }
                is_claimed = true;
            }
            // The message was changed or deleted since it was read: read it again.
            backoff.pause("other writers were faster each time").await?;
        }
    }

    fn add_report(&self, transaction: &mut Transaction, known: &Message, next: &Message) -> Result<(), StoreError> {
        let mut update = Update::default();
        update.set(VERSION, number(next.version));
        if let Some(status) = next.reported_status {
            update.set(attributes::DELIVERY_STATUS, text(status));
        }
        if let Some(external_id) = &next.draft.external_id {
            update.set(attributes::EXTERNAL_ID, text(external_id));
        }
        if next.draft.external_id != known.draft.external_id {
            // The event of the creation may be written later, and shows the first version.
            let first = known.draft.external_id.as_ref().map(ToString::to_string).unwrap_or_default();
            update.set_if_empty(attributes::FIRST_EXTERNAL_ID, text(first));
        }
        update.set(attributes::ACTOR, text(self.actor_text()));
        // Without `exists`, an update would create a message again that is removed at the same time.
        let condition = Condition::exists().version(&Precondition::exactly(known.version));
        let key = self.keys().message(known.conversation_id, known.id);
        transaction.update(self, key, update, condition).map(drop)
    }
}
