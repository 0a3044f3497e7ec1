use deskless_domain::{
    AuditAction, AuditEvent, ConversationId, Message, MessageId, MessageType, Precondition, Transition,
};

use super::item as message;
use crate::{
    StoreError, TenantStore,
    condition::Condition,
    content::StoredMessage,
    conversation::{StoredConversation, attributes},
    expression::{packed_id, text},
    transaction::{Commit, Transaction},
};

/// The maximum number of messages that one query evaluates to find a reply.
const QUERY_LIMIT: i32 = 100;

impl TenantStore {
    /// AP-32: deletes a message, in two round trips, or three if it is the newest reply. The claim on its externalId stays.
    /// The write is conditional on the conversation's version and read mark, so counts and preview are computed from the
    /// stored state.
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
        let mut backoff = self.backoff();
        let keys = self.keys();
        loop {
            let (thread, found) =
                tokio::try_join!(self.get(keys.conversation(conversation)), self.get(keys.message(conversation, id)))?;
            let thread = StoredConversation::read(thread.ok_or(StoreError::NotFound)?)?.ok_or(StoreError::NotFound)?;
            let message = message::read(conversation, found.ok_or(StoreError::NotFound)?)?;
            precondition.check(message.head.version)?;
            let transaction = self.removal(&thread, &message).await?;
            // A retry after a lost response has the same token, so DynamoDB reports the first one's success.
            if matches!(transaction.commit(self, &mut backoff).await?, Commit::Done) {
                return Ok(());
            }
            // The conversation or the message has changed since they were read: read both again.
            backoff.pause("other writers were faster each time").await?;
        }
    }

    /// Builds the transaction that deletes a message from the conversation that was read.
    async fn removal(
        &self,
        thread: &StoredConversation,
        StoredMessage { head: message, object }: &StoredMessage,
    ) -> Result<Transaction, StoreError> {
        let conversation = &thread.conversation;
        let newest_left = if conversation.is_newest_reply(message.id) {
            self.newest_reply_before(message.conversation_id, message.id).await?
        } else {
            None
        };
        let now = self.clock().now();
        let transition = Transition::of_deleted_message(conversation, message, newest_left.as_ref(), now);
        let (mut update, condition) = self.write_transition(conversation.id, &transition);
        // The events of a conversation and its messages come from its own item, which has one order.
        update.set(attributes::DELETED_MESSAGE, packed_id(message.id));
        // Messages and updates increment the version. The read mark can move without a new version.
        let condition = condition
            .version(&Precondition::exactly(conversation.version))
            .equals_or_missing(attributes::READ_UP_TO, conversation.read_up_to.map(packed_id));
        let mut transaction = Transaction::default();
        let unchanged = Condition::exists().version(&Precondition::exactly(message.version));
        transaction.delete(self, self.keys().message(message.conversation_id, message.id), unchanged)?;
        transaction.update(self, self.keys().conversation(conversation.id), update, condition)?;
        self.release_content(&mut transaction, object.as_ref())?;
        self.add_audit_entry(&mut transaction, AuditEvent::new(AuditAction::MessageDeleted, message.id))?;
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
                .filter_expression("#kind = :reply")
                .expression_attribute_names("#kind", message::attributes::KIND)
                .expression_attribute_values(":reply", text(MessageType::Reply))
                .expression_attribute_values(":pk", text(self.keys().conversation(conversation).pk))
                .expression_attribute_values(":from", text(at(MessageId::FIRST)))
                .expression_attribute_values(":to", text(at(before)))
                .scan_index_forward(false)
                .consistent_read(true)
                .limit(QUERY_LIMIT)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|e| StoreError::from_sdk(&e))?;
            let replies = output
                .items
                .unwrap_or_default()
                .into_iter()
                .map(|found| message::read(conversation, found).map(|message| message.head));
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
