use aws_sdk_dynamodb::types::AttributeValue;
use deskless_domain::{ConversationId, Message, MessageId};

use super::item as message;
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    conversation::{LIVE, attributes},
    expression::{Update, number, text},
    item::{Item, integer, string},
    transaction::{Outcome, Transaction},
};

/// How many messages one query looks at on its way to a reply.
const LOOKED_AT: i32 = 100;

impl TenantStore {
    /// AP-32: deletes a message, in two trips, or three when it is the newest reply. The conversation's counts, preview
    /// and `awaitingReply` follow; its place in lists stays, since that only moves forward. The claim on the message's
    /// externalId stays as well. `expected` holds the versions under which the caller wants this; `None` means any.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`], [`StoreError::Unavailable`] when other writers were
    /// faster for eight seconds.
    pub async fn delete_message(
        &self,
        conversation: ConversationId,
        id: MessageId,
        expected: Option<&[u64]>,
    ) -> Result<(), StoreError> {
        let mut backoff = Backoff::new(self.clock());
        let keys = self.keys();
        loop {
            let (thread, found) =
                tokio::try_join!(self.get(keys.conversation(conversation)), self.get(keys.message(conversation, id)))?;
            let thread =
                thread.filter(|item| !item.contains_key(attributes::DELETED_AT)).ok_or(StoreError::NotFound)?;
            let message = message::read(conversation, found.ok_or(StoreError::NotFound)?)?;
            if expected.is_some_and(|versions| !versions.contains(&message.version)) {
                return Err(StoreError::VersionMismatch);
            }
            let transaction = self.removal(&thread, &message).await?;
            // A repetition behind a lost answer carries the token of the first, and is answered with its success.
            if matches!(transaction.commit(self, &mut backoff).await?, Outcome::Committed) {
                return Ok(());
            }
            // The thread went on, or the message changed: everything is looked at again.
            if !backoff.pause().await {
                return Err(StoreError::Unavailable("other writers were faster, again and again".to_owned()));
            }
        }
    }

    /// What goes, and what that changes in the conversation that was read.
    async fn removal(&self, thread: &Item, message: &Message) -> Result<Transaction, StoreError> {
        let keys = self.keys();
        let mut transaction = Transaction::default();
        let mut terms = Update::default();
        let condition = format!("{} = {}", terms.name("version"), terms.value("version", number(message.version)));
        let condition = format!("attribute_exists(pk) AND {condition}");
        transaction.delete(self, keys.message(message.conversation_id, message.id), terms, &condition)?;

        let mut update = Update::default();
        let before = update.value("before", number(count(thread, attributes::VERSION)));
        // The version holds for what messages and patches change. Reading moves a mark, perhaps under the same version.
        let read = string(thread, attributes::READ_UP_TO);
        let mark = update.name(attributes::READ_UP_TO);
        let unmoved = match read {
            Some(read) => format!("{mark} = {}", update.value("read", text(read))),
            None => format!("attribute_not_exists({mark})"),
        };
        let condition = format!("{LIVE} AND #{} = {before} AND {unmoved}", attributes::VERSION);
        update.add(attributes::VERSION, 1);
        update.set(attributes::UPDATED_AT, number(self.clock().now().as_millis()));
        let fewer = |attribute| number(count(thread, attribute).saturating_sub(1));
        update.set(attributes::MESSAGE_COUNT, fewer(attributes::MESSAGE_COUNT));
        let is_unread = read.and_then(MessageId::parse).is_none_or(|read| message.id > read);
        if message.draft.is_from_customer() && is_unread {
            update.set(attributes::UNREAD_COUNT, fewer(attributes::UNREAD_COUNT));
        }
        if string(thread, attributes::PREVIEW_MESSAGE_ID) == Some(message.id.to_string().as_str()) {
            let newest = self.newest_reply_before(message.conversation_id, message.id).await?;
            let waits = newest.as_ref().is_some_and(|reply| reply.draft.is_from_customer());
            update.set(attributes::AWAITING_REPLY, AttributeValue::Bool(waits));
            match newest {
                Some(reply) => {
                    update.set(attributes::PREVIEW, text(reply.draft.body.preview()));
                    update.set(attributes::PREVIEW_MESSAGE_ID, text(reply.id));
                }
                None => {
                    update.remove(attributes::PREVIEW);
                    update.remove(attributes::PREVIEW_MESSAGE_ID);
                }
            }
        }
        transaction.update(self, keys.conversation(message.conversation_id), update, &condition)?;
        Ok(transaction)
    }

    /// The newest reply of a thread before this message, read strongly.
    async fn newest_reply_before(
        &self,
        conversation: ConversationId,
        before: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        let at = |id| self.keys().message(conversation, id).sk;
        let mut from_here = None;
        loop {
            let output = self
                .client()
                .query()
                .table_name(self.table())
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .filter_expression("#type = :reply")
                .expression_attribute_names("#type", "type")
                .expression_attribute_values(":reply", text(deskless_domain::MessageType::Reply))
                .expression_attribute_values(":pk", text(self.keys().conversation(conversation).pk))
                .expression_attribute_values(":from", text(at(MessageId::FIRST)))
                .expression_attribute_values(":to", text(at(before)))
                .scan_index_forward(false)
                .consistent_read(true)
                .limit(LOOKED_AT)
                .set_exclusive_start_key(from_here)
                .send()
                .await
                .map_err(|e| StoreError::from_sdk(&e))?;
            let replies = output.items.unwrap_or_default().into_iter().map(|found| message::read(conversation, found));
            // The range includes its ends.
            let replies: Vec<_> = replies.collect::<Result<_, _>>()?;
            if let Some(newest) = replies.into_iter().find(|reply| reply.id != before) {
                return Ok(Some(newest));
            }
            from_here = output.last_evaluated_key;
            if from_here.is_none() {
                return Ok(None);
            }
        }
    }
}

fn count(item: &Item, attribute: &str) -> u64 {
    integer(item, attribute).and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
}
