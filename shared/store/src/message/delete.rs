use deskless_domain::{ConversationId, Message, MessageId, MessageType, Precondition, Transition};

use super::item as message;
use crate::{
    StoreError, TenantStore,
    backoff::Backoff,
    condition::Condition,
    conversation::{StoredConversation, attributes},
    expression::text,
    transaction::{Commit, Transaction},
};

/// How many messages one query reads on its way to a reply.
const READ_AT_ONCE: i32 = 100;

impl TenantStore {
    /// AP-32: deletes a message, in two round trips, or three when it is the newest reply. The claim on its externalId
    /// stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::VersionMismatch`], [`StoreError::Unavailable`] when other writers were
    /// faster for eight seconds.
    pub async fn delete_message(
        &self,
        conversation: ConversationId,
        id: MessageId,
        precondition: &Precondition,
    ) -> Result<(), StoreError> {
        let mut backoff = Backoff::new(self.clock());
        let keys = self.keys();
        loop {
            let (thread, found) =
                tokio::try_join!(self.get(keys.conversation(conversation)), self.get(keys.message(conversation, id)))?;
            let thread = StoredConversation::read(thread.ok_or(StoreError::NotFound)?)?.ok_or(StoreError::NotFound)?;
            let message = message::read(conversation, found.ok_or(StoreError::NotFound)?)?;
            precondition.check(message.version)?;
            let transaction = self.removal(&thread, &message).await?;
            // A retry after a lost answer carries the same token and is answered with the first one's success.
            if matches!(transaction.commit(self, &mut backoff).await?, Commit::Done) {
                return Ok(());
            }
            // The thread or the message has changed since: read both again.
            backoff.pause("other writers were faster each time").await?;
        }
    }

    /// Returns the writes that remove a message from the conversation that was read.
    async fn removal(&self, thread: &StoredConversation, message: &Message) -> Result<Transaction, StoreError> {
        let conversation = &thread.conversation;
        let newest_left = if conversation.is_newest_reply(message.id) {
            self.newest_reply_before(message.conversation_id, message.id).await?
        } else {
            None
        };
        let now = self.clock().now();
        let transition = Transition::of_deleted_message(conversation, message, newest_left.as_ref(), now);
        let (update, condition) = self.write_transition(conversation.id, &transition);
        // The version covers messages and updates. Reading may move the mark under the same version.
        let condition = condition
            .version(&Precondition::exactly(conversation.version))
            .equals_or_missing(attributes::READ_UP_TO, conversation.read_up_to.map(text));
        let mut transaction = Transaction::default();
        let unchanged = Condition::exists().version(&Precondition::exactly(message.version));
        transaction.delete(self, self.keys().message(message.conversation_id, message.id), unchanged)?;
        transaction.update(self, self.keys().conversation(conversation.id), update, condition)?;
        Ok(transaction)
    }

    /// Reads the newest reply before a message.
    async fn newest_reply_before(
        &self,
        conversation: ConversationId,
        before: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        let at = |id| self.keys().message(conversation, id).sk;
        let mut start = None;
        loop {
            let output = self
                .client()
                .query()
                .table_name(self.table())
                .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
                .filter_expression("#type = :reply")
                .expression_attribute_names("#type", "type")
                .expression_attribute_values(":reply", text(MessageType::Reply))
                .expression_attribute_values(":pk", text(self.keys().conversation(conversation).pk))
                .expression_attribute_values(":from", text(at(MessageId::FIRST)))
                .expression_attribute_values(":to", text(at(before)))
                .scan_index_forward(false)
                .consistent_read(true)
                .limit(READ_AT_ONCE)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|e| StoreError::from_sdk(&e))?;
            let replies = output.items.unwrap_or_default().into_iter().map(|found| message::read(conversation, found));
            // BETWEEN includes both ends.
            let replies: Vec<_> = replies.collect::<Result<_, _>>()?;
            if let Some(newest) = replies.into_iter().find(|reply| reply.id != before) {
                return Ok(Some(newest));
            }
            start = output.last_evaluated_key;
            if start.is_none() {
                return Ok(None);
            }
        }
    }
}
