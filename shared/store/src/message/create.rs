use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{ConversationId, Message, MessageDraft, MessageId, Role, Status};

use crate::{
    Once, Repeat, StoreError, TenantStore,
    backoff::Backoff,
    conversation::{LIVE, attributes},
    expression::{Update, number, text},
    item::string,
    transaction::{Outcome, Standing, Transaction},
};

/// How often a message that came too late is tried again at once.
const TRIES_WITHOUT_PAUSE: u32 = 3;

impl TenantStore {
    /// AP-12, AP-13: adds a message to a thread, in one trip.
    ///
    /// Message ids sort in commit order: the conversation keeps the newest one committed, and a message whose id is
    /// not greater takes a new one behind it. A customer's reply opens the conversation again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the workspace has no such conversation, [`StoreError::IdempotencyKeyReused`],
    /// [`StoreError::Unavailable`] when other writers were faster for eight seconds.
    pub async fn create_message(
        &self,
        conversation_id: ConversationId,
        draft: MessageDraft,
        repeat: Option<Repeat<'_, Message>>,
    ) -> Result<Once<Message>, StoreError> {
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
            if let Some(repeat) = &repeat {
                self.remember(&mut transaction, repeat, &message)?;
            }
            let refusal = match transaction.commit(self, &mut backoff).await? {
                Outcome::Committed => return Ok(Once::Done(message)),
                Outcome::Refused(refusal) => refusal,
            };
            if let Some(answer) = self.replay(repeat.as_ref()).await? {
                return Ok(Once::Replayed(answer));
            }
            match refusal.of(conversation).map(Standing::item) {
                Some(Some(stored)) if !stored.contains_key(attributes::DELETED_AT) => {
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
                Some(_) => return Err(StoreError::NotFound),
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
            update.remove(attributes::RESOLUTION);
            update.remove(attributes::CLOSED_AT);
            update.remove(attributes::SNOOZED_UNTIL);
        }
        let condition = format!("{LIVE} AND #{mark} < :{mark}", mark = attributes::ORDER_MARK);
        (update, condition)
    }
}
