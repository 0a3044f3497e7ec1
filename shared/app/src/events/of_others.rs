//! The events of customers, bulk actions, executions and files.

use deskless_domain::{BulkAction, CustomerRecord, EventActor, EventType, Execution, ExecutionStatus, File, Timestamp};
use deskless_store::{CustomerToLog, EventSource, EventSubject};

use super::draft::{ChangedField, DraftEvent, EventData};

/// Returns the event of a change of a customer; `None` if nothing that is shown has changed.
pub(super) fn of_customer(record: &CustomerToLog) -> Option<DraftEvent> {
    let (event_type, changed, data) = match (&record.before, &record.after) {
        (_, None) => (EventType::CustomerErased, Vec::new(), EventData::ErasedCustomer(record.key.clone())),
        (None, Some(after)) => (EventType::CustomerCreated, Vec::new(), EventData::Customer(Box::new(after.clone()))),
        (Some(before), Some(after)) => {
            let changed = changed(before, after);
            if changed.is_empty() {
                return None;
            }
            (EventType::CustomerUpdated, changed, EventData::Customer(Box::new(after.clone())))
        }
    };
    Some(DraftEvent {
        subject: EventSubject::Customer(record.key.clone()),
        source: EventSource::Customer(record.created, record.version),
        event_type,
        occurred_at: Timestamp::from_millis(record.at),
        actor: record.actor,
        conversation_id: None,
        changed,
        data,
    })
}

fn changed(before: &CustomerRecord, after: &CustomerRecord) -> Vec<ChangedField> {
    let (was, is) = (&before.customer.details, &after.customer.details);
    [
        (ChangedField::Name, was.name != is.name),
        (ChangedField::Email, was.email != is.email),
        (ChangedField::Phone, was.phone != is.phone),
        (ChangedField::Company, was.company != is.company),
        (ChangedField::Metadata, before.metadata != after.metadata),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect()
}

/// Returns the event of a bulk action that has finished.
pub(super) fn of_bulk_action(action: &BulkAction) -> DraftEvent {
    DraftEvent {
        subject: EventSubject::BulkAction(action.id),
        source: EventSource::Once,
        event_type: EventType::BulkActionFinished,
        occurred_at: action.finished_at.unwrap_or_else(|| action.created_at()),
        actor: EventActor::BulkAction(action.id),
        conversation_id: None,
        changed: Vec::new(),
        data: EventData::BulkAction(Box::new(action.clone())),
    }
}

/// Returns the event of an execution that has failed.
pub(super) fn of_execution(execution: &Execution) -> Option<DraftEvent> {
    (execution.status == ExecutionStatus::Failed).then(|| DraftEvent {
        subject: EventSubject::Conversation(execution.conversation_id),
        source: EventSource::Execution(execution.automation_id, execution.id),
        event_type: EventType::AutomationRunFailed,
        occurred_at: execution.finished_at.unwrap_or_else(|| execution.created_at()),
        actor: EventActor::Automation(execution.automation_id),
        conversation_id: Some(execution.conversation_id),
        changed: Vec::new(),
        data: EventData::Execution(Box::new(execution.clone())),
    })
}

/// Returns the event of a file that was registered at this time.
pub(super) fn of_file(file: &File, actor: EventActor, at: Timestamp) -> DraftEvent {
    let conversation = file.draft.conversation_id;
    DraftEvent {
        subject: conversation.map_or(EventSubject::File(file.id), EventSubject::Conversation),
        source: EventSource::File(file.id),
        event_type: EventType::FileReady,
        occurred_at: at,
        actor,
        conversation_id: conversation,
        changed: Vec::new(),
        data: EventData::File(Box::new(file.clone())),
    }
}
