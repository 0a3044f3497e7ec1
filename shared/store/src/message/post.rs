//! One message, once.

use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{ActionFailure, ConversationId, MessageDraft, MessageId};

use super::create::TRIES_WITHOUT_PAUSE;
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    conversation::{Acted, CAUSE, attributes},
    item::{Item, string},
    transaction::{Outcome, Slot, Standing, Transaction},
};

impl TenantStore {
    /// AP-92: adds a message to a thread in one transaction with a witness, as [`TenantStore::act`] carries out an action.
    /// It has no externalId. `cause` is what the conversation remembers as the cause of the change.
    ///
    /// # Errors
    /// When the table does not answer, or other writers were faster for eight seconds.
    pub(crate) async fn post(
        &self,
        conversation_id: ConversationId,
        draft: &MessageDraft,
        cause: AttributeValue,
        witness: impl Fn(&mut Transaction, Result<(), ActionFailure>) -> Result<Slot, StoreError>,
    ) -> Result<Acted, StoreError> {
        let mut backoff = Backoff::new(self.clock());
        let mut id = MessageId::generate(self.clock());
        let mut tries = 0;
        loop {
            let message = draft.clone().placed(conversation_id, id);
            let mut transaction = Transaction::default();
            transaction.put(self, self.message_item(&message)?, None)?;
            let (mut update, condition) = self.arrival(&message, true);
            update.set(CAUSE, cause.clone());
            let itself = transaction.update(self, self.keys().conversation(conversation_id), update, &condition)?;
            let witnessed = witness(&mut transaction, Ok(()))?;
            let refusal = match transaction.commit(self, &mut backoff).await? {
                Outcome::Committed => return Ok(Acted::Done),
                Outcome::Refused(refusal) => refusal,
            };
            if let Some(standing) = refusal.of(witnessed) {
                return Ok(Acted::Witnessed(standing.item().cloned()));
            }
            let there = |stored: &&Item| !stored.contains_key(attributes::DELETED_AT);
            let Some(stored) = refusal.of(itself).and_then(Standing::item).filter(there) else {
                return self.fail(ActionFailure::NotFound, backoff, witness).await;
            };
            let mark = string(stored, attributes::ORDER_MARK)
                .and_then(MessageId::parse)
                .ok_or_else(|| StoreError::Internal("a conversation has no order mark".to_owned()))?;
            if backoff.is_over() {
                return Err(StoreError::Unavailable("other writers were faster, again and again".to_owned()));
            }
            tries += 1;
            if tries > TRIES_WITHOUT_PAUSE {
                backoff.pause().await;
            }
            id = MessageId::following(mark, tries, self.clock());
        }
    }

    /// Writes the witness that it is not possible.
    async fn fail(
        &self,
        failure: ActionFailure,
        mut backoff: Backoff<'_>,
        witness: impl Fn(&mut Transaction, Result<(), ActionFailure>) -> Result<Slot, StoreError>,
    ) -> Result<Acted, StoreError> {
        let mut transaction = Transaction::default();
        let witnessed = witness(&mut transaction, Err(failure))?;
        match transaction.commit(self, &mut backoff).await? {
            Outcome::Committed => Ok(Acted::Failed(failure)),
            Outcome::Refused(refusal) => Ok(Acted::Witnessed(refusal.of(witnessed).and_then(Standing::item).cloned())),
        }
    }
}
