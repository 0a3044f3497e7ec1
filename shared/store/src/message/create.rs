use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{ConversationId, CustomerId, Message, MessageDraft, MessageId, Role, Status};

use crate::{
    Once, Repeat, StoreError, TenantStore,
    backoff::Backoff,
    conversation::{LIVE, attributes},
    expression::{Update, number, text},
    item::{Item, string},
    transaction::{ABSENT, Outcome, Standing, Transaction},
};

/// How often a message that came too late is tried again at once.
pub(super) const TRIES_WITHOUT_PAUSE: u32 = 3;

/// A message of a thread that somebody asked to be there.
#[derive(Debug)]
pub enum Posted {
    /// It was added.
    Added(Message),
    /// It was there: a provider's repeat has the externalId of this message.
    Known(Message),
}

impl Posted {
    /// The message, whoever added it.
    #[must_use]
    pub fn message(&self) -> &Message {
        match self {
            Self::Added(message) | Self::Known(message) => message,
        }
    }
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
        self.create_message_in(conversation_id, None, draft, repeat).await
    }

    /// The same, but only in a conversation of this customer's, if there is one.
    pub(crate) async fn create_message_in(
        &self,
        conversation_id: ConversationId,
        owner: Option<&CustomerId>,
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
            let (mut update, mut condition) = self.arrival(&message, owner.is_none());
            if let Some(owner) = owner {
                let (name, own) = (update.name(attributes::CUSTOMER_PARTITION), self.keys().by_customer(owner));
                let own = update.value("owner", text(own));
                condition = format!("{condition} AND {name} = {own}");
            }
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
            let is_there = |stored: &Item| {
                !stored.contains_key(attributes::DELETED_AT) && owner.is_none_or(|owner| self.is_own(stored, owner))
            };
            if refused.is_some_and(|stored| !stored.is_some_and(is_there)) {
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

    /// What a message changes in its conversation, and under which condition. Nothing is read for it. What a customer writes
    /// with a client key has not come by the channel's provider, whose window for free replies it does not open.
    pub(super) fn arrival(&self, message: &Message, by_provider: bool) -> (Update, String) {
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
            if by_provider && message.channel().reply_window_seconds().is_some() {
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
