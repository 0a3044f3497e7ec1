use deskless_domain::{
    AttemptId, Conversation, ConversationId, Customer, FirstWords, Message, MessageId, NewConversation, Role, Timestamp,
};
use serde::Serialize;

use super::item::{ConversationItem, DetailItem, Placed, place};
use crate::{
    Once, Repeat, StoreError, TenantStore,
    backoff::Backoff,
    collection::predefined_body,
    customer::{CustomerSlots, Known},
    item,
    transaction::{ABSENT, Outcome, Slot, Transaction},
};

/// The item that makes an externalId unique.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalIdItem {
    conversation_id: ConversationId,
}

/// A conversation's writes, put together, with the places of those that can be refused.
struct Draft {
    conversation: Conversation,
    transaction: Transaction,
    itself: Slot,
    external_id: Option<Slot>,
    customer: CustomerSlots,
}

impl TenantStore {
    /// AP-09, AP-10, AP-83: opens a conversation, with its first message if there is one, and makes or refreshes the
    /// customer's record.
    ///
    /// Takes two trips: the ticket number, the customer and an earlier answer at once, then one write.
    ///
    /// # Errors
    /// [`StoreError::ExternalIdExists`], [`StoreError::IdempotencyKeyReused`], [`StoreError::InvalidField`] of the first
    /// message when a template makes no body of this conversation.
    pub async fn create_conversation(
        &self,
        new: NewConversation,
        repeat: Option<Repeat<'_, Conversation>>,
    ) -> Result<Once<Conversation>, StoreError> {
        let mut backoff = Backoff::new(self.clock());
        let (number, mut known, earlier) = tokio::try_join!(
            self.next_number(),
            self.known_customer(&new.customer, false),
            self.replay(repeat.as_ref()),
        )?;
        if let Some(answer) = earlier {
            return Ok(Once::Replayed(answer));
        }
        let id = ConversationId::on(new.channel, self.clock());
        loop {
            let mut draft = self.draft(id, number, &new, known)?;
            let record = match &repeat {
                Some(repeat) => Some(self.remember(&mut draft.transaction, repeat, &draft.conversation)?),
                None => None,
            };
            let refusal = match draft.transaction.commit(self, &mut backoff).await? {
                Outcome::Committed => return Ok(Once::Done(draft.conversation)),
                Outcome::Refused(refusal) => refusal,
            };
            // Nobody else has this id: an earlier attempt was committed and its answer lost.
            if refusal.of(draft.itself).is_some() {
                return Ok(Once::Done(draft.conversation));
            }
            // A repeat is refused by its own externalId too, so this question comes before the next.
            if let Some(answer) = self.replay(repeat.as_ref()).await? {
                return Ok(Once::Replayed(answer));
            }
            if draft.external_id.is_some_and(|slot| refusal.of(slot).is_some()) {
                return Err(StoreError::ExternalIdExists);
            }
            // A record that refused and is not there any more was past its time.
            let outdated =
                draft.customer.are_outdated(&refusal) || record.is_some_and(|slot| refusal.of(slot).is_some());
            if !outdated || !backoff.pause().await {
                return Err(StoreError::Unavailable("what a conversation is opened with keeps changing".to_owned()));
            }
            known = self.known_customer(&new.customer, true).await?;
        }
    }

    fn draft(&self, id: ConversationId, number: u64, new: &NewConversation, known: Known) -> Result<Draft, StoreError> {
        let mut transaction = Transaction::default();
        let (shown, customer) = self.refresh_customer(&mut transaction, &new.customer, known)?;
        let first = match &new.message {
            Some(message) => {
                let body = match &message.body {
                    FirstWords::Said(body) => body.clone(),
                    FirstWords::Filled(template, names) => {
                        let opened = compose(id, number, new, shown.clone(), None);
                        predefined_body(template, &opened, names, "message.predefinedMessageId")?
                    }
                };
                let draft = message.clone().worded(|_| body);
                Some(draft.placed(id, MessageId::following(id.into(), 0, self.clock())))
            }
            None => None,
        };
        let conversation = compose(id, number, new, shown, first.as_ref());
        let item = self.conversation_item(&conversation, first.as_ref());
        let itself = transaction.put(self, item::write(self.keys().conversation(id), &item)?, Some(ABSENT))?;
        if let Placed::Apart(json) = place(&new.metadata) {
            let detail = DetailItem { metadata: json.to_owned() };
            transaction.put(self, item::write(self.keys().conversation_detail(id), &detail)?, None)?;
        }
        if let Some(message) = &first {
            transaction.put(self, self.message_item(message)?, None)?;
            // Nobody else writes under a conversation that is not there yet.
            let _ = self.claim_provider_id(&mut transaction, message, None)?;
        }
        let external_id = match &new.external_id {
            Some(external_id) => {
                let claim = ExternalIdItem { conversation_id: id };
                let claim = item::write(self.keys().external_id(external_id), &claim)?;
                Some(transaction.put(self, claim, Some(ABSENT))?)
            }
            None => None,
        };
        Ok(Draft { conversation, transaction, itself, external_id, customer })
    }

    fn conversation_item(&self, conversation: &Conversation, first: Option<&Message>) -> ConversationItem {
        let id = conversation.id;
        let metadata = place(&conversation.metadata);
        ConversationItem {
            status_partition: self.status_partition(id, conversation.status),
            customer_partition: self.keys().by_customer(&conversation.customer.id),
            assignee_partition: conversation.placement.assignee_id.map(|member| self.keys().by_assignee(member)),
            activity: conversation.activity,
            order_mark: first.map_or(id.into(), |message| message.id),
            attempt: AttemptId::generate(self.clock()),
            version: conversation.version,
            number: conversation.number,
            channel: conversation.channel(),
            source: conversation.source,
            status: conversation.status,
            resolution: conversation.resolution,
            escalated: conversation.escalated,
            priority: conversation.priority.clone(),
            subject: conversation.subject.clone(),
            preview: conversation.newest_reply.clone(),
            preview_message_id: conversation.newest_reply_id,
            customer: conversation.customer.clone().into(),
            external_id: conversation.external_id.clone(),
            session_key: conversation.session_key.clone(),
            inbox_id: conversation.placement.inbox_id,
            assignee_id: conversation.placement.assignee_id,
            assistant_id: conversation.placement.assistant_id,
            pipeline_id: conversation.placement.pipeline_id,
            stage_id: conversation.placement.stage_id,
            snoozed_until: conversation.snoozed_until.map(Timestamp::as_millis),
            tags: conversation.tags.clone(),
            large_metadata: matches!(metadata, Placed::Apart(_)),
            metadata: if let Placed::Inline(json) = metadata { Some(json.to_owned()) } else { None },
            message_count: conversation.message_count,
            unread_count: conversation.unread_count,
            read_up_to: conversation.read_up_to,
            awaiting_reply: conversation.awaiting_reply,
            created_at: conversation.created_at().as_millis(),
            updated_at: conversation.updated_at.as_millis(),
            first_response_at: conversation.first_response_at.map(Timestamp::as_millis),
            closed_at: conversation.closed_at.map(Timestamp::as_millis),
            last_customer_reply_at: conversation.last_customer_reply_at.map(Timestamp::as_millis),
        }
    }
}

/// The conversation as it is once it and its first message are committed. An explicit status stands, also beside a
/// customer's message: whoever imports a solved conversation says so.
fn compose(
    id: ConversationId,
    number: u64,
    new: &NewConversation,
    customer: Customer,
    first: Option<&Message>,
) -> Conversation {
    let created_at = id.time();
    let reply = first.filter(|message| message.draft.is_reply());
    let from_customer = reply.is_some_and(|message| message.draft.is_from_customer());
    let opens_window = from_customer && new.channel.reply_window_seconds().is_some();
    let answered = reply.filter(|message| message.draft.role == Role::Assistant);
    Conversation {
        id,
        number,
        source: new.source,
        status: new.status.status(),
        resolution: new.status.resolution(),
        escalated: new.escalated,
        priority: new.priority.clone(),
        subject: new.subject.clone(),
        newest_reply: reply.map(|message| message.draft.body.preview().into_owned()),
        newest_reply_id: reply.map(|message| message.id),
        customer,
        external_id: new.external_id.clone(),
        session_key: new.session_key.clone(),
        placement: new.placement,
        snoozed_until: new.snoozed_until,
        tags: new.tags.clone(),
        metadata: new.metadata.clone(),
        message_count: u64::from(first.is_some()),
        unread_count: u64::from(from_customer),
        read_up_to: None,
        awaiting_reply: from_customer,
        last_customer_reply_at: reply.filter(|_| opens_window).map(Message::created_at),
        activity: reply.map_or(id.into(), |message| message.id),
        updated_at: first.map_or(created_at, Message::created_at),
        first_response_at: answered.map(Message::created_at),
        closed_at: new.status.resolution().map(|_| created_at),
        version: 1,
    }
}
