use std::collections::BTreeSet;

use super::{ConversationChange, ConversationEvent, ConversationField, ConversationState, LiveConversation};
use crate::{
    AutomationTrigger, Channel, Conversation, ConversationPatch, CountedAs, DeliveryStatus, MessageReport, ReadMark,
    Resolved, Status, Transition,
    fixtures::{add, assistant_reply, at, conversation_on, customer_reply, set_status},
};

fn live(conversation: &Conversation) -> ConversationState {
    ConversationState::Live(Box::new(LiveConversation {
        conversation: conversation.clone(),
        metadata_mark: None,
        cause: None,
    }))
}

fn change(before: Option<&Conversation>, after: &Conversation) -> ConversationChange {
    ConversationChange::between(after.id, before.map(live), live(after))
}

#[test]
fn new_conversation_is_created_and_counted() {
    let opened = conversation_on(Channel::Api);
    let created = change(None, &opened);
    assert_eq!(created.triggers(), [AutomationTrigger::ConversationCreated]);
    assert_eq!(created.count_change(), Some((None, Some(opened.counted_as()))));
    let reply = customer_reply(&opened, 1);
    let with_message = change(None, &opened.opened_with(&reply));
    assert_eq!(with_message.triggers(), [AutomationTrigger::ConversationCreated, AutomationTrigger::MessageCreated]);
}

#[test]
fn reopening_message_is_no_update_trigger() {
    let solved = set_status(conversation_on(Channel::Api), 10, Resolved::Yes(None));
    let reply = customer_reply(&solved, 20);
    let reopened = change(Some(&solved), &add(solved.clone(), &reply));
    assert_eq!(reopened.triggers(), [AutomationTrigger::MessageCreated]);
    let counted = |status| Some(CountedAs { status, ..solved.counted_as() });
    assert_eq!(reopened.count_change(), Some((counted(Status::Solved), counted(Status::Open))));
    assert!(reopened.events.contains(&ConversationEvent::MessageAdded(reply.id)));
}

#[test]
fn update_names_the_changed_fields() {
    let open = conversation_on(Channel::Api);
    let solved = set_status(open.clone(), 10, Resolved::Yes(None));
    let update = change(Some(&open), &solved);
    let fields = BTreeSet::from([ConversationField::Status, ConversationField::Resolution]);
    assert!(update.events.contains(&ConversationEvent::Updated(fields)));
    assert_eq!(update.triggers(), [AutomationTrigger::ConversationUpdated]);
}

#[test]
fn replaced_large_metadata_is_an_update() {
    let conversation = conversation_on(Channel::Api);
    let marked = |mark: &str| {
        ConversationState::Live(Box::new(LiveConversation {
            conversation: conversation.clone(),
            metadata_mark: Some(mark.to_owned()),
            cause: None,
        }))
    };
    let update = ConversationChange::between(conversation.id, Some(marked("a")), marked("b"));
    assert_eq!(update.events, [ConversationEvent::Updated(BTreeSet::from([ConversationField::Metadata]))]);
}

#[test]
fn reading_triggers_nothing() {
    let conversation = conversation_on(Channel::Api);
    let reply = customer_reply(&conversation, 10);
    let unread = add(conversation, &reply);
    let patch = ConversationPatch { read: Some(ReadMark::Everything), ..ConversationPatch::default() };
    let read = unread.clone().after(&Transition::of_patch(&patch, at(20))).expect("always allowed");
    let change = change(Some(&unread), &read);
    assert_eq!(change.events, [ConversationEvent::Read]);
    assert!(change.triggers().is_empty());
}

#[test]
fn deletion_is_one_event() {
    let open = conversation_on(Channel::Api);
    let deleted = || ConversationState::Deleted { version: 2, at: open.updated_at };
    let change = ConversationChange::between(open.id, Some(live(&open)), deleted());
    assert_eq!((change.is_deletion(), change.version), (true, 2));
    assert_eq!(change.count_change(), Some((Some(open.counted_as()), None)));
    assert!(ConversationChange::between(open.id, None, deleted()).is_deletion());
    assert!(ConversationChange::between(open.id, Some(deleted()), deleted()).events.is_empty());
}

#[test]
fn cause_applies_to_the_change_that_set_it() {
    let conversation = conversation_on(Channel::Api);
    let cause = crate::Cause::parse(
        "automation 019f0f63-6500-7232-afd6-000000000001/0 019f0f63-6500-7232-afd6-000000000001 \
         019f0f63-6500-7232-afd6-000000000002",
    );
    let caused = |cause: &Option<crate::Cause>| {
        ConversationState::Live(Box::new(LiveConversation {
            conversation: conversation.clone(),
            metadata_mark: None,
            cause: cause.clone(),
        }))
    };
    assert!(cause.is_some());
    assert_eq!(ConversationChange::between(conversation.id, Some(caused(&None)), caused(&cause)).cause, cause);
    assert_eq!(ConversationChange::between(conversation.id, Some(caused(&cause)), caused(&cause)).cause, None);
}

#[test]
fn message_items_cause_reports_and_deletions() {
    let conversation = conversation_on(Channel::WhatsApp);
    let reply = assistant_reply(&conversation, 10);
    let report = MessageReport { status: Some(DeliveryStatus::Read), external_id: None };
    let reported = reply.reported(&report).expect("delivered by a provider").expect("new");
    let expected = ConversationEvent::MessageUpdated { message: reply.id, delivery_status: Some(DeliveryStatus::Read) };
    assert_eq!(ConversationEvent::of_message(Some(&reply), Some(&reported)), Some(expected));
    assert_eq!(ConversationEvent::of_message(Some(&reply), None), Some(ConversationEvent::MessageDeleted(reply.id)));
    assert_eq!(ConversationEvent::of_message(None, Some(&reply)), None);
}
