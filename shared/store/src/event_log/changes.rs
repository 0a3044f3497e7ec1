//! The changes that events come from, as the table's stream shows them.

use std::collections::HashMap;

use deskless_domain::{
    BulkAction, ConversationChange, ConversationId, ConversationState, CustomerRecord, EventActor, Execution, File,
    FileStatus, Message, MessageId, WorkspaceId,
};

use super::entry::parse_actor;
use crate::{
    CustomerKey, StoreError, TenantStore, bulk,
    conversation::attributes as of_conversation,
    customer,
    feed::{Image, state},
    file,
    item::{Item, integer, string},
    keys::{StreamKey, customer_of, execution_of, message_of, stream_key},
    message,
    packed::unpack,
};

/// A change that the event log may have an event of.
#[derive(Debug)]
pub enum LogChange {
    /// Of a conversation's own item.
    Conversation(Box<ConversationToLog>),
    /// A message's item was created.
    NewMessage(ConversationId, Box<MessageToLog>),
    /// A message's item was updated.
    Message(Box<MessageChange>),
    /// Of a customer.
    Customer(Box<CustomerToLog>),
    /// A bulk action has finished.
    BulkAction(Box<BulkAction>),
    /// An execution of an automation has ended.
    Execution(Box<Execution>),
    /// A file was registered.
    File(Box<File>, EventActor),
}

/// A change of a conversation.
#[derive(Debug)]
pub struct ConversationToLog {
    /// The change.
    pub change: ConversationChange,
    /// Who made it.
    pub actor: EventActor,
    /// The newest message before, and the numbers of messages and of unread ones.
    pub before: Option<(MessageId, u64, u64)>,
    /// The message that was deleted with this change.
    pub deleted_message: Option<MessageId>,
}

/// A message as its item has it.
#[derive(Debug, Clone)]
pub struct MessageToLog {
    /// The message. A long one has only the beginning of its text.
    pub message: Message,
    /// Whether its text and content are in the bucket.
    pub is_long: bool,
}

/// An update of a message.
#[derive(Debug)]
pub struct MessageChange {
    /// Before.
    pub before: Message,
    /// After.
    pub after: MessageToLog,
    /// Who made it.
    pub actor: EventActor,
}

/// A change of a customer.
#[derive(Debug)]
pub struct CustomerToLog {
    /// The customer.
    pub key: CustomerKey,
    /// Before. `None` if there was no such customer.
    pub before: Option<CustomerRecord>,
    /// After. `None` once the customer is being erased.
    pub after: Option<CustomerRecord>,
    /// Tells this customer from an earlier one with the same id.
    pub created: MessageId,
    /// The version after the change.
    pub version: u64,
    /// The time of the change, in milliseconds.
    pub at: i64,
    /// Who made it.
    pub actor: EventActor,
}

/// Returns the workspace of a stream record whose item events come from.
pub(crate) fn workspace_of(key: &Image) -> Option<WorkspaceId> {
    let text = |name: &str| match key.get(name) {
        Some(serde_dynamo::AttributeValue::S(text)) => Some(text.as_str()),
        _ => None,
    };
    let (pk, sk) = text("pk").zip(text("sk"))?;
    match stream_key(pk, sk) {
        Some(
            StreamKey::Conversation(workspace, _)
            | StreamKey::Message(workspace, _)
            | StreamKey::Customer(workspace)
            | StreamKey::BulkAction(workspace, _)
            | StreamKey::File(workspace, _),
        ) => Some(workspace),
        _ => execution_of(pk, sk).map(|(workspace, ..)| workspace),
    }
}

/// Parses a stream record. Returns `None` if no event can come from it.
///
/// # Errors
/// [`StoreError::Internal`] when an image cannot be read.
pub(crate) fn read(
    tenant: &TenantStore,
    key: Image,
    before: Image,
    after: Image,
) -> Result<Option<LogChange>, StoreError> {
    let [key, before, after]: [Item; 3] = [key.into(), before.into(), after.into()];
    let Some((pk, sk)) = string(&key, "pk").zip(string(&key, "sk")) else { return Ok(None) };
    if after.is_empty() {
        return Ok(None);
    }
    if execution_of(pk, sk).is_some() {
        let ended = integer(&after, "finishedAt").is_some() && integer(&before, "finishedAt").is_none();
        let execution = ended.then(|| crate::automation::read(after)).transpose()?;
        return Ok(execution.map(Box::new).map(LogChange::Execution));
    }
    match stream_key(pk, sk) {
        Some(StreamKey::Conversation(_, id)) => conversation(id, before, after),
        Some(StreamKey::Message(_, id)) => of_message(id, before, after),
        Some(StreamKey::Customer(_)) => of_customer(pk, before, after),
        Some(StreamKey::BulkAction(..)) => {
            let ended = integer(&after, "finishedAt").is_some() && integer(&before, "finishedAt").is_none();
            if !ended {
                return Ok(None);
            }
            let job = bulk::read(after, tenant.clock().now())?;
            Ok(job.map(|job| LogChange::BulkAction(Box::new(job.action))))
        }
        Some(StreamKey::File(..)) => {
            let ready = FileStatus::Ready.as_str();
            if string(&after, "status") != Some(ready) || string(&before, "status") == Some(ready) {
                return Ok(None);
            }
            let actor = actor(&after);
            let file = file::read(after, tenant.clock().now())?;
            Ok(file.map(|file| LogChange::File(Box::new(file), actor)))
        }
        _ => Ok(None),
    }
}

/// Returns the actor of an item; the system for items of earlier versions.
fn actor(item: &Item) -> EventActor {
    string(item, of_conversation::ACTOR).and_then(parse_actor).unwrap_or(EventActor::System)
}

fn conversation(id: ConversationId, before: Item, after: Item) -> Result<Option<LogChange>, StoreError> {
    let actor = actor(&after);
    let deleted = |item: &Item| string(item, of_conversation::DELETED_MESSAGE).and_then(unpack::<MessageId>);
    let deleted_message = deleted(&after).filter(|id| deleted(&before) != Some(*id));
    let before = state(before)?;
    let Some(after) = state(after)? else { return Ok(None) };
    let earlier = match &before {
        Some(ConversationState::Live(live)) => {
            let conversation = &live.conversation;
            Some((conversation.newest_message_id, conversation.message_count, conversation.unread_count))
        }
        _ => None,
    };
    let change = ConversationChange::between(id, before, after);
    Ok(Some(LogChange::Conversation(Box::new(ConversationToLog { change, actor, before: earlier, deleted_message }))))
}

fn of_message(id: ConversationId, before: Item, after: Item) -> Result<Option<LogChange>, StoreError> {
    let actor = actor(&after);
    let after = to_log(message::read(id, after)?);
    if before.is_empty() {
        return Ok(Some(LogChange::NewMessage(id, Box::new(after))));
    }
    let before = message::read(id, before)?.head;
    Ok((before != after.message).then(|| LogChange::Message(Box::new(MessageChange { before, after, actor }))))
}

fn of_customer(pk: &str, before: Item, after: Item) -> Result<Option<LogChange>, StoreError> {
    let Some(key) = customer_of(pk) else { return Ok(None) };
    let unreadable = || StoreError::Internal("a customer's item cannot be read".to_owned());
    let version = customer::version(&after);
    let (was_erasing, is_erasing) = (customer::is_erasing(&before), customer::is_erasing(&after));
    // Steps of an erasure have no events.
    if is_erasing && was_erasing {
        return Ok(None);
    }
    let created: MessageId = string(&after, "a").and_then(unpack).ok_or_else(unreadable)?;
    // An item that has expired belonged to an earlier customer.
    let is_same = string(&before, "a") == string(&after, "a");
    if is_same && customer::version(&before) == version {
        return Ok(None);
    }
    let at = integer(&after, "ua").unwrap_or_else(|| created.time().as_millis());
    let actor = actor(&after);
    let before = (is_same && !before.is_empty()).then(|| customer::read(before)).transpose()?;
    let after = (!is_erasing).then(|| customer::read(after)).transpose()?;
    Ok(Some(LogChange::Customer(Box::new(CustomerToLog { key, before, after, created, version, at, actor }))))
}

fn to_log(stored: crate::content::StoredMessage) -> MessageToLog {
    MessageToLog { message: stored.head, is_long: stored.object.is_some() }
}

impl TenantStore {
    /// AP-175: reads messages in their first version, for events of their creation whose records are not at hand. Those that were deleted
    /// are missing. `from` is exclusive.
    ///
    /// # Errors
    /// When the table does not respond.
    pub async fn first_versions(
        &self,
        conversation: ConversationId,
        from: Option<MessageId>,
        to: MessageId,
    ) -> Result<HashMap<MessageId, MessageToLog>, StoreError> {
        let at = |id| self.keys().message(conversation, id).sk;
        let mut items = self
            .client()
            .query()
            .table_name(self.table())
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", crate::expression::text(self.keys().conversation(conversation).pk))
            .expression_attribute_values(
                ":from",
                crate::expression::text(format!("{}!", at(from.unwrap_or(MessageId::FIRST)))),
            )
            .expression_attribute_values(":to", crate::expression::text(at(to)))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut found = HashMap::new();
        while let Some(item) = items.next().await {
            let item: Item = item.map_err(|e| StoreError::from_sdk(&e))?;
            if let Some(id) = string(&item, "sk").and_then(message_of) {
                let _ = found.insert(id, to_log(message::read_first(conversation, item)?));
            }
        }
        Ok(found)
    }
}
