use deskless_domain::{ConversationId, Message, MessageId, MessageReport};

use super::claim::claimant;
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    conversation::LIVE,
    expression::{Update, number, text},
    transaction::{ABSENT, Outcome, Slot, Transaction},
};

/// A report's writes, with the places of those that can be refused.
struct Draft {
    transaction: Transaction,
    conversation: Slot,
    claim: Option<Slot>,
}

impl TenantStore {
    /// AP-31: takes what a provider reports of a message, in two trips. A report that says nothing new, or that comes too
    /// late, changes nothing. `expected` holds the versions under which the caller wants the change; `None` means any.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`], [`StoreError::NotCarried`],
    /// [`StoreError::MessageIdTaken`] when another message of the conversation has this externalId.
    pub async fn report_message(
        &self,
        conversation: ConversationId,
        id: MessageId,
        report: &MessageReport,
        expected: Option<&[u64]>,
    ) -> Result<Message, StoreError> {
        let mut backoff = Backoff::new(self.clock());
        // An id that the message had before is claimed for it already.
        let mut is_claimed = false;
        loop {
            let known = self.get_message(conversation, id).await?;
            if expected.is_some_and(|versions| !versions.contains(&known.version)) {
                return Err(StoreError::VersionMismatch);
            }
            if report.status.is_some() && !known.is_carried() {
                return Err(StoreError::NotCarried);
            }
            let Some(next) = known.reported(report) else { return Ok(known) };
            let claims = !is_claimed && next.draft.external_id != known.draft.external_id;
            let Draft { transaction, conversation, claim } = self.report(&known, &next, claims)?;
            let refusal = match transaction.commit(self, &mut backoff).await? {
                Outcome::Committed => return Ok(next),
                Outcome::Refused(refusal) => refusal,
            };
            if refusal.of(conversation).is_some() {
                return Err(StoreError::NotFound);
            }
            if let Some(claim) = claim.and_then(|slot| refusal.of(slot)) {
                if claimant(claim)? != id {
                    return Err(StoreError::MessageIdTaken);
                }
                is_claimed = true;
            }
            // Somebody else changed or deleted the message meanwhile: it is looked at again.
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("other writers were faster, again and again".to_owned()));
            }
        }
    }

    fn report(&self, known: &Message, next: &Message, claims: bool) -> Result<Draft, StoreError> {
        let mut transaction = Transaction::default();
        let keys = self.keys();
        let conversation = transaction.check(self, keys.conversation(known.conversation_id), LIVE)?;
        let mut update = Update::default();
        let (version, before) = (update.name("version"), update.value("before", number(known.version)));
        // Without the first of these a message that is purged meanwhile would come back as a ghost.
        let condition = format!("attribute_exists(pk) AND {version} = {before}");
        update.set("version", number(next.version));
        if let Some(status) = next.reported_status {
            update.set("deliveryStatus", text(status));
        }
        if let Some(external_id) = &next.draft.external_id {
            update.set("externalId", text(external_id));
        }
        transaction.update(self, keys.message(known.conversation_id, known.id), update, &condition)?;
        let claim = if claims { self.claim_provider_id(&mut transaction, next, Some(ABSENT))? } else { None };
        Ok(Draft { transaction, conversation, claim })
    }
}
