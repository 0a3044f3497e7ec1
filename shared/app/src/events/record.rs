//! Writes the events of a batch of changes to the log.

use std::collections::{BTreeMap, HashSet};

use deskless_domain::{ConversationId, EventContent, EventType, Placement, Timestamp};
use deskless_store::{
    ConversationToLog, Directory, EventSource, EventSubject, LogChange, MessageChange, NewEvent, TenantStore,
};

use super::{
    draft::{ChangedField, DraftEvent, EventData},
    of_conversation::{self, NewMessages},
    of_others,
};
use crate::{AppError, references};

/// How far the clocks of two functions can differ, with a margin: 60 s. A message that was created this long after the start of the log
/// has an event of its creation.
const CLOCK_SKEW_SECONDS: i64 = 60;
/// How long an update of a message waits for the event of its creation: 30 s after the creation. That event comes from another record of
/// the same shard, which an error can keep out of the log. Lambda repeats a record for minutes, so the wait ends before it gives up, and
/// other workspaces on the shard do not wait for longer.
const LONGEST_WAIT_SECONDS: i64 = 30;

/// A rendered object.
#[derive(Debug)]
pub struct Rendered {
    /// As JSON.
    pub json: String,
    /// The names of the fields that are omitted.
    pub omitted: Vec<String>,
    /// The names of the fields that have changed.
    pub changed: Vec<String>,
}

/// Renders the object of an event, and the names of its changed fields.
pub type Render = fn(&EventData, &[ChangedField], &Directory) -> Rendered;

/// AP-170: Appends the events of the changes of one workspace to its log. Changes can be repeated. Those of one conversation may be in any
/// order in the batch, and are sorted by version. Returns the indexes of the records that have to be delivered again: updates of messages
/// whose creation is not in the log yet.
///
/// # Errors
/// [`AppError::Unavailable`] when DynamoDB does not respond. The changes can be repeated.
pub async fn record(
    store: &TenantStore,
    since: Timestamp,
    changes: &[(usize, LogChange)],
    render: Render,
) -> Result<Vec<usize>, AppError> {
    let new = new_messages(changes);
    let mut drafts = Vec::new();
    let mut updates = Vec::new();
    let mut sorted = by_version(changes);
    for (index, change) in changes {
        match change {
            LogChange::Conversation(record) => {
                // The next version of the same conversation takes the place of this one.
                if let Some(record) = sorted.get_mut(&record.change.id).and_then(Vec::pop) {
                    drafts.extend(of_conversation::drafts(store, &new, record).await?);
                }
            }
            LogChange::NewMessage(..) => {}
            LogChange::Message(change) => updates.push((*index, change)),
            LogChange::Customer(record) => drafts.extend(of_others::of_customer(record)),
            LogChange::BulkAction(action) => drafts.push(of_others::of_bulk_action(action)),
            LogChange::Execution(execution) => drafts.extend(of_others::of_execution(execution)),
            LogChange::File(file, actor) => drafts.push(of_others::of_file(file, *actor, store.clock().now())),
        }
    }
    updates.sort_by_key(|(_, change)| (change.after.message.id, change.after.message.version));
    let mut waiting = Vec::new();
    let mut held = HashSet::new();
    for (index, change) in updates {
        let id = change.after.message.id;
        match of_message(store, since, change, &drafts).await? {
            // Later updates of a message wait too.
            Update::Event(draft) if !held.contains(&id) => drafts.push(*draft),
            Update::Event(_) | Update::Waits => {
                let _ = held.insert(id);
                waiting.push(index);
            }
            Update::Dropped => {}
        }
    }
    let events = render_all(store, &drafts, render).await?;
    store.append_events(events).await?;
    redact(store, &drafts).await?;
    Ok(waiting)
}

fn new_messages(changes: &[(usize, LogChange)]) -> NewMessages {
    let new = changes.iter().filter_map(|(_, change)| match change {
        LogChange::NewMessage(conversation, message) => {
            Some(((*conversation, message.message.id), (**message).clone()))
        }
        _ => None,
    });
    new.collect()
}

/// Returns the records of each conversation, the first version last.
fn by_version(changes: &[(usize, LogChange)]) -> BTreeMap<ConversationId, Vec<&ConversationToLog>> {
    let mut sorted: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (_, change) in changes {
        if let LogChange::Conversation(record) = change {
            sorted.entry(record.change.id).or_default().push(&**record);
        }
    }
    for records in sorted.values_mut() {
        records.sort_by_key(|record| std::cmp::Reverse(record.change.version));
    }
    sorted
}

/// What becomes of an update of a message.
enum Update {
    Event(Box<DraftEvent>),
    /// The event of its creation has to come first.
    Waits,
    /// The message was deleted.
    Dropped,
}

async fn of_message(
    store: &TenantStore,
    since: Timestamp,
    MessageChange { before, after, actor }: &MessageChange,
    drafts: &[DraftEvent],
) -> Result<Update, AppError> {
    let message = &after.message;
    let subject = EventSubject::Conversation(message.conversation_id);
    let (created, deleted) = (EventSource::MessageCreated(message.id), EventSource::MessageDeleted(message.id));
    let known = store.known_events(&subject, &[created, deleted, EventSource::Once]).await?;
    let has = |source| {
        known.contains(&source) || drafts.iter().any(|draft| draft.subject == subject && draft.source == source)
    };
    if has(deleted) || has(EventSource::Once) {
        return Ok(Update::Dropped);
    }
    let created_at = message.created_at();
    let is_logged = created_at >= since.plus_seconds(CLOCK_SKEW_SECONDS);
    if is_logged && !has(created) && store.clock().now() < created_at.plus_seconds(LONGEST_WAIT_SECONDS) {
        return Ok(Update::Waits);
    }
    let mut changed = Vec::new();
    if before.delivery_status() != message.delivery_status() {
        changed.push(ChangedField::DeliveryStatus);
    }
    if before.draft.external_id != message.draft.external_id {
        changed.push(ChangedField::ExternalId);
    }
    Ok(Update::Event(Box::new(DraftEvent {
        source: EventSource::MessageUpdated(message.id, message.version),
        event_type: EventType::MessageUpdated,
        // A message does not have the time of its update.
        occurred_at: store.clock().now(),
        actor: *actor,
        conversation_id: Some(message.conversation_id),
        changed,
        data: EventData::Message(Box::new(after.clone())),
        subject,
    })))
}

async fn render_all(store: &TenantStore, drafts: &[DraftEvent], render: Render) -> Result<Vec<NewEvent>, AppError> {
    let placements: Vec<&Placement> = drafts
        .iter()
        .filter_map(|draft| match &draft.data {
            EventData::Conversation { conversation, .. } => Some(&conversation.placement),
            _ => None,
        })
        .collect();
    let names = references::names(store, placements.iter().copied()).await?;
    let events = drafts.iter().map(|draft| {
        let Rendered { json, omitted, changed } = render(&draft.data, &draft.changed, &names);
        NewEvent {
            subject: draft.subject.clone(),
            source: draft.source,
            content: EventContent {
                event_type: draft.event_type,
                occurred_at: draft.occurred_at,
                actor: draft.actor,
                conversation_id: draft.conversation_id,
                changed_fields: changed,
                omitted_fields: omitted,
                data: Some(json),
            },
        }
    });
    Ok(events.collect())
}

/// AP-176: Removes the data of earlier events of what was deleted. The events of a deleted conversation lose their data when its items are
/// removed (AP-40), which happens after its deletion is in the log. Events of other items can come later than that, so they look.
async fn redact(store: &TenantStore, drafts: &[DraftEvent]) -> Result<(), AppError> {
    for DraftEvent { subject, source, data, .. } in drafts {
        match (data, source) {
            (EventData::ErasedCustomer(_), _) => store.redact_events(subject, Some(source)).await?,
            (EventData::DeletedMessage(..), EventSource::MessageDeleted(_)) => {
                store.redact_events(subject, Some(source)).await?;
            }
            (EventData::Message(_), EventSource::MessageUpdated(message, _)) => {
                let deleted = EventSource::MessageDeleted(*message);
                let known = store.known_events(subject, &[deleted, EventSource::Once]).await?;
                if known.contains(&EventSource::Once) {
                    store.redact_events(subject, None).await?;
                } else if known.contains(&deleted) {
                    store.redact_events(subject, Some(source)).await?;
                }
            }
            (EventData::File(_) | EventData::Execution(_), _) if matches!(subject, EventSubject::Conversation(_)) => {
                if !store.known_events(subject, &[EventSource::Once]).await?.is_empty() {
                    store.redact_events(subject, None).await?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}
