use deskless_domain::{AttemptId, Conversation, ConversationId, Customer, Existing, Message, Timestamp};
use serde::{Serialize, de::DeserializeOwned};

use super::item::{ConversationItem, DetailItem, MetadataStorage, metadata_storage};
use super::session::{holder, session_conflict};
use crate::{
    IdempotencyKey, KnownCustomer, Once, StoreError, TenantStore,
    condition::Condition,
    content::{ContentObject, head_of},
    idempotency::{Attempt, Attempts},
    item,
    keys::due_partition_of,
    packed,
    transaction::Transaction,
};

/// The item that makes an externalId unique.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalIdItem {
    #[serde(with = "packed")]
    conversation_id: ConversationId,
}

/// A conversation to create, and the items that are written with it.
#[derive(Debug)]
pub struct ConversationToCreate<'a> {
    /// The conversation, with its messages applied.
    pub conversation: &'a Conversation,
    /// The first messages, at most [`TenantStore::MAX_MESSAGES_AT_ONCE`].
    pub messages: &'a [Message],
    /// The customer as given by the caller. Their details update the customer's record.
    pub customer: &'a Customer,
    /// The customer's stored state.
    pub known: &'a KnownCustomer,
}

impl TenantStore {
    /// AP-09, AP-10, AP-54, AP-83: creates a conversation and its first messages, and creates or updates the customer.
    /// Returns `None` if that record has changed since it was read: read it again and retry. `outcome` is returned, and
    /// recorded if there is an idempotency key.
    ///
    /// If only the conversation has to be written, that is a plain `PutItem`, because a transaction costs twice as much.
    ///
    /// # Errors
    /// [`StoreError::ExternalIdExists`], [`StoreError::SessionKeyExists`], [`StoreError::IdempotencyKeyReused`].
    pub async fn create_conversation<T: Serialize + DeserializeOwned>(
        &self,
        new: &ConversationToCreate<'_>,
        outcome: T,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<Once<T>>, StoreError> {
        let drafts: Vec<_> = new.messages.iter().map(|message| message.draft.clone()).collect();
        let objects = self.store_contents(&drafts).await?;
        let created = self.write_new_conversation(new, &objects, outcome, key).await;
        if !matches!(&created, Ok(Some(Once { is_replay: false, .. }))) {
            for object in objects {
                self.discard_content(object).await;
            }
        }
        created
    }

    async fn write_new_conversation<T: Serialize + DeserializeOwned>(
        &self,
        new: &ConversationToCreate<'_>,
        objects: &[Option<ContentObject>],
        outcome: T,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<Once<T>>, StoreError> {
        let conversation = new.conversation;
        let id = conversation.id;
        let mut transaction = Transaction::default();
        let customer = self.add_customer_update(&mut transaction, new.customer, new.known)?;
        let item =
            ConversationItem { request: key.map(IdempotencyKey::digest), ..self.conversation_item(conversation) };
        let itself = transaction.put_new(self, item::write(self.keys().conversation(id), &item)?)?;
        if let MetadataStorage::Separate(json) = metadata_storage(&conversation.metadata) {
            self.add_metadata(&mut transaction, id, json)?;
        }
        for (message, object) in new.messages.iter().zip(objects) {
            let object = object.as_ref();
            let item = match object {
                Some(_) => self.message_item(&Message { draft: head_of(&message.draft), ..message.clone() }, object)?,
                None => self.message_item(message, None)?,
            };
            transaction.put(self, item, Condition::none())?;
            let _ = self.keep_content(&mut transaction, object)?;
            // No condition: there can be no other claim in a conversation that does not exist yet.
            let _ = self.claim_provider_id(&mut transaction, message, Condition::none())?;
        }
        let external_id = match &conversation.external_id {
            Some(external_id) => {
                let claim = ExternalIdItem { conversation_id: id };
                Some(transaction.put_new(self, item::write(self.keys().external_id(external_id), &claim)?)?)
            }
            None => None,
        };
        let session = self.claim_new_session(&mut transaction, conversation)?;
        match Attempts::new(self, key).commit(transaction, &outcome).await? {
            Attempt::Committed => Ok(Some(Once::first(outcome))),
            Attempt::Replayed(earlier) => Ok(Some(Once::replay(earlier))),
            // The id is new, so an earlier attempt was committed and its response was lost.
            Attempt::Failed(failed) if failed.at(itself) => Ok(Some(Once::first(outcome))),
            Attempt::Failed(failed) if external_id.is_some_and(|claim| failed.at(claim)) => {
                let claim = external_id.and_then(|claim| failed.existing(claim));
                Err(StoreError::ExternalIdExists(holder(claim).map(Existing::Conversation)))
            }
            Attempt::Failed(failed) if session.is_none_or(|claim| !failed.at(claim)) && customer.failed(&failed) => {
                Ok(None)
            }
            Attempt::Failed(failed) => Err(session_conflict(session, &failed).unwrap_or_else(|| {
                StoreError::Internal("an unknown condition failed for a new conversation".to_owned())
            })),
        }
    }

    /// Adds the item that holds a conversation's large metadata.
    pub(super) fn add_metadata(
        &self,
        transaction: &mut Transaction,
        id: ConversationId,
        json: &str,
    ) -> Result<(), StoreError> {
        let detail = DetailItem { metadata: json.to_owned() };
        let item = item::write(self.keys().conversation_detail(id), &detail)?;
        transaction.put(self, item, Condition::none()).map(drop)
    }

    fn conversation_item(&self, conversation: &Conversation) -> ConversationItem {
        let id = conversation.id;
        let metadata = metadata_storage(&conversation.metadata);
        let newest_reply = conversation.newest_reply.as_ref();
        let due = conversation.snoozed_until.filter(|&until| until > conversation.updated_at);
        ConversationItem {
            status_partition: self.status_partition(id, conversation.status),
            customer_partition: self.keys().by_customer(&conversation.customer.id),
            assignee_partition: conversation.placement.assignee_id.map(|member| self.assignee_partition(id, member)),
            creation_partition: self.creation_partition(id),
            activity: conversation.activity,
            order_mark: conversation.newest_message_id,
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
            preview: newest_reply.map(|reply| reply.preview.clone()),
            preview_message_id: newest_reply.map(|reply| reply.id),
            customer: conversation.customer.clone().into(),
            external_id: conversation.external_id.clone(),
            session_key: conversation.session_key.clone(),
            inbox_id: conversation.placement.inbox_id,
            assignee_id: conversation.placement.assignee_id,
            assistant_id: conversation.placement.assistant_id,
            pipeline_id: conversation.placement.pipeline_id,
            stage_id: conversation.placement.stage_id,
            snoozed_until: conversation.snoozed_until.map(Timestamp::as_millis),
            due_partition: due.map(|_| due_partition_of(&self.keys().conversation(id).pk)),
            due: due.map(Timestamp::as_millis),
            tags: conversation.tags.clone(),
            large_metadata: matches!(metadata, MetadataStorage::Separate(_)),
            metadata: if let MetadataStorage::Inline(json) = metadata { Some(json.to_owned()) } else { None },
            message_count: conversation.message_count,
            unread_count: conversation.unread_count,
            read_up_to: conversation.read_up_to,
            awaiting_reply: conversation.awaiting_reply,
            created_at: conversation.created_at().as_millis(),
            updated_at: conversation.updated_at.as_millis(),
            first_response_at: conversation.first_response_at.map(Timestamp::as_millis),
            closed_at: conversation.closed_at.map(Timestamp::as_millis),
            last_customer_reply_at: conversation.last_customer_reply_at.map(Timestamp::as_millis),
            request: None,
            actor: Some(self.actor_text()),
        }
    }
}
