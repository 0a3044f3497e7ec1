use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{ConversationId, Message, MessageDraft, MessageId, Role, Status};

use crate::{
    Once, Repeat, StoreError, TenantStore,
    backoff::Backoff,
    conversation::{LIVE, attributes},
    expression::{Update, number, text},
    item::string,
    transaction::{ABSENT, Outcome, Standing, Transaction},
};

/// How often a message that came too late is tried again at once.
const TRIES_WITHOUT_PAUSE: u32 = 3;

/// A message of a thread that somebody asked to be there.
#[derive(Debug)]
pub enum Posted {
    /// It was added.
    Added(Message),
    /// It was there: a provider's repeat has the externalId of this message.
    Known(Message),
}

impl TenantStore {
    /// AP-12, AP-13, AP-30: adds a message to a thread, in one trip.
    ///
    /// Message ids sort in commit order: the conversation keeps the newest one committed, and a message whose id is
    /// not greater takes a new one behind it. A customer's reply opens the conversation again.
    /// A second message with the same externalId is not written: the first one is given instead.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such conversation, [`StoreError::MessageDeleted`] when
    /// the message with this externalId was deleted, [`StoreError::IdempotencyKeyReused`],
    /// [`StoreError::Unavailable`] when other writers were faster for eight seconds.
    pub async fn create_message(
        &self,
        conversation_id: ConversationId,
        draft: MessageDraft,
        repeat: Option<Repeat<'_, Posted>>,
    ) -> Result<Once<Posted>, StoreError> {
        let mut backoff = Backoff::new(self.clock());
        let mut id = MessageId::generate(self.clock());
        let mut tries = 0;
        loop {
            let message = draft.clone().placed(conversation_id, id);
            let mut transaction = Transaction::default();
            transaction.put(self, self.message_item(&message)?, None)?;
            let (update, condition) = self.arrival(&message);
            let key = self.keys().conversation(conversation_id);
            let conversation = transaction.update(self, key, update, &condition)?;
            let claim = self.claim_provider_id(&mut transaction, &message, Some(ABSENT))?;
            let posted = Posted::Added(message);
            if let Some(repeat) = &repeat {
                self.remember(&mut transaction, repeat, &posted)?;
            }
            let refusal = match transaction.commit(self, &mut backoff).await? {
                Outcome::Committed => return Ok(Once::Done(posted)),
                Outcome::Refused(refusal) => refusal,
            };
            if let Some(answer) = self.replay(repeat.as_ref()).await? {
                return Ok(Once::Replayed(answer));
            }
            let refused = refusal.of(conversation).map(Standing::item);
            if refused.is_some_and(|stored| stored.is_none_or(|stored| stored.contains_key(attributes::DELETED_AT))) {
                return Err(StoreError::NotFound);
            }
            // A repeat is refused by its own claim too, so the record was asked for first.
            if let Some(claim) = claim.and_then(|slot| refusal.of(slot)) {
                let first = Posted::Known(self.claimed_message(conversation_id, claim).await?);
                return self.answer_once(first, repeat).await;
            }
            match refused {
                Some(Some(stored)) => {
                    let mark = string(stored, attributes::ORDER_MARK)
                        .and_then(MessageId::parse)
                        .ok_or_else(|| StoreError::Internal("a conversation has no order mark".to_owned()))?;
                    if backoff.is_over() {
                        return Err(StoreError::Unavailable("other writers were faster, again and again".to_owned()));
                    }
                    // Somebody else's message was committed first. That is progress; who is late again and again gives
                    // way for a moment, so that many writers do not all try at once.
                    tries += 1;
                    if tries > TRIES_WITHOUT_PAUSE {
                        backoff.pause().await;
                    }
                    id = MessageId::following(mark, tries, self.clock());
                }
                Some(None) => return Err(StoreError::NotFound),
                // The record stood in the way and is gone by now: it was past its time.
                None if backoff.pause().await => {}
                None => return Err(StoreError::Unavailable("the idempotency record keeps changing".to_owned())),
            }
        }
    }

    /// What a message changes in its conversation, and under which condition. Nothing is read for it.
    fn arrival(&self, message: &Message) -> (Update, String) {
        let mut update = Update::default();
        update.set(attributes::ORDER_MARK, text(message.id));
        update.set(attributes::UPDATED_AT, number(message.created_at().as_millis()));
        update.add(attributes::VERSION, 1);
        update.add(attributes::MESSAGE_COUNT, 1);
        let draft = &message.draft;
        if draft.is_reply() {
            update.set(attributes::ACTIVITY, text(message.id));
            update.set(attributes::PREVIEW, text(draft.body.preview()));
            update.set(attributes::PREVIEW_MESSAGE_ID, text(message.id));
            update.set(attributes::AWAITING_REPLY, AttributeValue::Bool(draft.is_from_customer()));
            if draft.role == Role::Assistant {
                update.set_once(attributes::FIRST_RESPONSE_AT, number(message.created_at().as_millis()));
            }
        }
        if draft.is_from_customer() {
            let open = self.status_partition(message.conversation_id, Status::Open);
            update.set(attributes::STATUS, text(Status::Open));
            update.set(attributes::STATUS_PARTITION, text(open));
            update.add(attributes::UNREAD_COUNT, 1);
            if message.channel().reply_window_seconds().is_some() {
                update.set(attributes::LAST_CUSTOMER_REPLY_AT, number(message.created_at().as_millis()));
            }
            update.remove(attributes::RESOLUTION);
            update.remove(attributes::CLOSED_AT);
            update.remove(attributes::SNOOZED_UNTIL);
        }
        let condition = format!("{LIVE} AND #{mark} < :{mark}", mark = attributes::ORDER_MARK);
        (update, condition)
    }
}
