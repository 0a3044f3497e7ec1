//! The events of a conversation's own item: of the conversation and, in the same order, of its messages.

use std::collections::HashMap;

use deskless_domain::{ConversationEvent, ConversationId, EventType, MessageId};
use deskless_store::{ConversationToLog, EventSource, EventSubject, MessageToLog, TenantStore};

use super::draft::{ChangedField, DraftEvent, EventData};
use crate::AppError;

/// Messages whose creation is in the same batch, as they were created.
pub(super) type NewMessages = HashMap<(ConversationId, MessageId), MessageToLog>;

/// Returns the events of a change: those of the conversation before those of its messages.
pub(super) async fn drafts(
    store: &TenantStore,
    known: &NewMessages,
    record: &ConversationToLog,
) -> Result<Vec<DraftEvent>, AppError> {
    let ConversationToLog { change, actor, before, deleted_message } = record;
    let (id, version) = (change.id, change.version);
    let draft = |source, event_type, changed, data| DraftEvent {
        subject: EventSubject::Conversation(id),
        source,
        event_type,
        occurred_at: change.at,
        actor: *actor,
        conversation_id: Some(id),
        changed,
        data,
    };
    let Some(live) = &change.after else {
        // The marker that the conversation is deleted: later changes of its messages have no events.
        let deleted = change.is_deletion().then(|| {
            draft(EventSource::Once, EventType::ConversationDeleted, Vec::new(), EventData::DeletedConversation(id))
        });
        return Ok(deleted.into_iter().collect());
    };
    let conversation = &live.conversation;
    let is_created = change.events.contains(&ConversationEvent::Created);
    let changed = if is_created { Vec::new() } else { changed(record) };
    let mut drafts = Vec::new();
    if is_created || !changed.is_empty() {
        let event_type = if is_created { EventType::ConversationCreated } else { EventType::ConversationUpdated };
        let data = EventData::Conversation {
            conversation: Box::new(conversation.clone()),
            has_metadata: live.metadata_mark.is_none(),
        };
        drafts.push(draft(EventSource::Version { version, part: 0 }, event_type, changed, data));
    }
    let has_message = change.events.iter().any(|event| matches!(event, ConversationEvent::MessageAdded(_)));
    if has_message {
        let earlier = before.map(|(newest, count, _)| (newest, count));
        let added = conversation.message_count.saturating_sub(earlier.map_or(0, |(_, count)| count));
        let from = earlier.map(|(newest, _)| newest);
        for (message, data) in new_messages(store, known, id, (from, conversation.newest_message_id), added).await? {
            drafts.push(draft(EventSource::MessageCreated(message), EventType::MessageCreated, Vec::new(), data));
        }
    }
    if let Some(message) = *deleted_message {
        let data = EventData::DeletedMessage(id, message);
        drafts.push(draft(EventSource::MessageDeleted(message), EventType::MessageDeleted, Vec::new(), data));
    }
    Ok(drafts)
}

fn changed(ConversationToLog { change, before, .. }: &ConversationToLog) -> Vec<ChangedField> {
    let has_message = change.events.iter().any(|event| matches!(event, ConversationEvent::MessageAdded(_)));
    let unread = change.after.as_ref().map(|live| live.conversation.unread_count);
    let mut changed = Vec::new();
    for event in &change.events {
        match event {
            ConversationEvent::Updated(fields) => {
                changed.extend(fields.iter().copied().map(ChangedField::Conversation));
            }
            ConversationEvent::Read if !has_message && before.map(|(.., unread)| unread) != unread => {
                changed.push(ChangedField::UnreadCount);
            }
            ConversationEvent::CustomerUpdated => changed.push(ChangedField::Customer),
            _ => {}
        }
    }
    changed
}

/// Returns the `count` messages in a range as they were created. They are in the same batch, or are read. One that was deleted meanwhile has
/// only its ids; of several that were created at once, those before the newest are then left out.
async fn new_messages(
    store: &TenantStore,
    known: &NewMessages,
    conversation: ConversationId,
    (from, newest): (Option<MessageId>, MessageId),
    count: u64,
) -> Result<Vec<(MessageId, EventData)>, AppError> {
    let is_new = |id: MessageId| id <= newest && from.is_none_or(|from| id > from);
    let in_batch = known.iter().filter(|((of, id), _)| *of == conversation && is_new(*id));
    let mut messages: HashMap<_, _> = in_batch.map(|((_, id), message)| (*id, message.clone())).collect();
    if (messages.len() as u64) < count || !messages.contains_key(&newest) {
        for (id, message) in store.first_versions(conversation, from, newest).await? {
            let _ = messages.entry(id).or_insert(message);
        }
    }
    let message = |(id, message)| (id, EventData::Message(Box::new(message)));
    let mut found: Vec<_> = messages.into_iter().map(message).collect();
    if !found.iter().any(|(id, _)| *id == newest) {
        found.push((newest, EventData::GoneMessage(conversation, newest)));
    }
    found.sort_unstable_by_key(|(id, _)| *id);
    Ok(found)
}
