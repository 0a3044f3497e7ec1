use crate::{
    Channel, Conversation, ConversationPatch, FieldChange, MessageOrigin, MessageType, ReadMark, Resolution, Resolved,
    Role, Status, StatusChange, Timestamp, Transition,
    fixtures::{add, add_from, assistant_reply, at, conversation_on, customer_reply, message, set_status},
};

#[test]
fn customer_reply_reopens_and_ends_the_snooze() {
    let snoozed = Conversation { snoozed_until: Some(at(3600)), ..conversation_on(Channel::Api) };
    let solved = set_status(snoozed, 10, Resolved::Yes(Some(Resolution::Abandoned)));
    let reply = customer_reply(&solved, 20);
    let open = add(solved, &reply);
    assert_eq!((open.status, open.resolution, open.closed_at), (Status::Open, None, None));
    assert_eq!((open.snoozed_until, open.unread_count, open.awaiting_reply), (None, 1, true));
}

#[test]
fn assistant_reply_answers_and_keeps_the_status() {
    let waiting = set_status(conversation_on(Channel::Api), 10, Resolved::No(Status::Waiting));
    let question = customer_reply(&waiting, 20);
    let solved = set_status(add(waiting, &question), 30, Resolved::Yes(None));
    let first = add(solved.clone(), &assistant_reply(&solved, 40));
    assert_eq!((first.status, first.awaiting_reply, first.unread_count), (Status::Solved, false, 1));
    assert_eq!(first.first_response_at.map(Timestamp::as_seconds), Some(at(40).as_seconds()));
    let second = add(first.clone(), &assistant_reply(&first, 50));
    assert_eq!(second.first_response_at, first.first_response_at, "only the first response counts");
}

#[test]
fn reply_becomes_preview_and_moves_up() {
    let conversation = conversation_on(Channel::Api);
    let reply = assistant_reply(&conversation, 20);
    let after = add(conversation, &reply);
    assert_eq!((after.preview(), after.activity, after.newest_message_id), ("At 20", reply.id, reply.id));
    assert_eq!((after.message_count, after.version), (1, 2));
    assert_eq!(after.updated_at, reply.created_at());
}

#[test]
fn note_changes_only_the_message_count() {
    let conversation = conversation_on(Channel::Api);
    let note = message(&conversation, 20, Role::User, MessageType::Note);
    let after = add(conversation.clone(), &note);
    let expected = Conversation {
        message_count: 1,
        newest_message_id: note.id,
        updated_at: note.created_at(),
        version: 2,
        ..conversation
    };
    assert_eq!(after, expected);
}

#[test]
fn only_provider_messages_open_the_reply_window() {
    let conversation = conversation_on(Channel::WhatsApp);
    let reply = customer_reply(&conversation, 20);
    let relayed = add(conversation.clone(), &reply);
    assert_eq!(relayed.last_customer_reply_at, Some(reply.created_at()));
    let own = add_from(conversation, &reply, MessageOrigin::Customer);
    assert_eq!(own.last_customer_reply_at, None);
    let api = conversation_on(Channel::Api);
    assert_eq!(add(api.clone(), &customer_reply(&api, 20)).last_customer_reply_at, None);
}

#[test]
fn resolution_ends_with_the_solved_status() {
    let solved = set_status(conversation_on(Channel::Api), 10, Resolved::Yes(None));
    assert_eq!((solved.resolution, solved.closed_at), (Some(Resolution::Resolved), Some(at(10))));
    let abandoned = set_status(solved, 20, Resolved::Yes(Some(Resolution::Abandoned)));
    assert_eq!((abandoned.resolution, abandoned.closed_at), (Some(Resolution::Abandoned), Some(at(10))));
    let again = set_status(abandoned, 30, Resolved::Yes(None));
    assert_eq!(again.resolution, Some(Resolution::Abandoned), "solving again keeps the resolution");
    let open = set_status(again, 40, Resolved::No(Status::Open));
    assert_eq!((open.resolution, open.closed_at), (None, None));
}

#[test]
fn resolution_needs_a_solved_conversation() {
    let state = StatusChange::Resolution(Resolution::Abandoned);
    let transition = Transition::of_patch(&ConversationPatch { state, ..ConversationPatch::default() }, at(20));
    assert!(conversation_on(Channel::Api).after(&transition).is_err());
    let solved = set_status(conversation_on(Channel::Api), 10, Resolved::Yes(None));
    assert_eq!(solved.after(&transition).expect("solved").resolution, Some(Resolution::Abandoned));
}

#[test]
fn first_message_keeps_a_given_status() {
    let imported = set_status(conversation_on(Channel::Api), 0, Resolved::Yes(None));
    let reply = customer_reply(&imported, 1);
    let opened = imported.clone().opened_with(&reply);
    assert_eq!(
        (opened.status, opened.closed_at, opened.version),
        (Status::Solved, imported.closed_at, imported.version)
    );
    assert_eq!((opened.message_count, opened.unread_count, opened.awaiting_reply), (1, 1, true));
}

#[test]
fn read_mark_clears_or_sets_the_unread_count() {
    let conversation = conversation_on(Channel::Api);
    let (first, second) = (customer_reply(&conversation, 10), customer_reply(&conversation, 20));
    let unread = add(add(conversation, &first), &second);
    assert_eq!(unread.unread_count, 2);
    let read = |mark| {
        let patch = ConversationPatch { read: Some(mark), ..ConversationPatch::default() };
        unread.clone().after(&Transition::of_patch(&patch, at(30))).expect("reading is always allowed")
    };
    let partly = read(ReadMark::UpTo(first.id, 1));
    assert_eq!((partly.read_up_to, partly.unread_count), (Some(first.id), 1));
    let all = read(ReadMark::Everything);
    assert_eq!((all.read_up_to, all.unread_count), (Some(second.id), 0));
}

#[test]
fn deleting_newest_reply_restores_previous_preview() {
    let conversation = conversation_on(Channel::Api);
    let (first, second) = (customer_reply(&conversation, 10), assistant_reply(&conversation, 20));
    let full = add(add(conversation, &first), &second);
    let transition = Transition::of_deleted_message(&full, &second, Some(&first), at(30));
    let left = full.clone().after(&transition).expect("always allowed");
    assert_eq!((left.preview(), left.awaiting_reply, left.message_count), ("At 10", true, 1));
    assert_eq!(left.activity, second.id, "the sort position stays");
    let transition = Transition::of_deleted_message(&left, &first, None, at(40));
    let empty = left.after(&transition).expect("always allowed");
    assert_eq!((empty.preview(), empty.unread_count, empty.awaiting_reply), ("Login fails", 0, false));
}

#[test]
fn deleting_a_read_reply_leaves_the_unread_count() {
    let conversation = conversation_on(Channel::Api);
    let (first, second) = (customer_reply(&conversation, 10), customer_reply(&conversation, 20));
    let patch = ConversationPatch { read: Some(ReadMark::UpTo(first.id, 1)), ..ConversationPatch::default() };
    let read = add(add(conversation, &first), &second).after(&Transition::of_patch(&patch, at(30))).expect("allowed");
    let transition = Transition::of_deleted_message(&read, &first, None, at(40));
    let left = read.after(&transition).expect("always allowed");
    assert_eq!((left.unread_count, left.message_count), (1, 1));
}

#[test]
fn patch_edits_placement_and_snooze() {
    let patch =
        ConversationPatch { snoozed_until: FieldChange::Set(at(99)), escalated: Some(true), ..Default::default() };
    let snoozed = conversation_on(Channel::Api).after(&Transition::of_patch(&patch, at(5))).expect("allowed");
    assert!(snoozed.is_snoozed(at(98)) && !snoozed.is_snoozed(at(99)) && snoozed.escalated);
    assert_eq!((snoozed.updated_at, snoozed.version), (at(5), 2));
}

#[test]
fn messages_at_once_have_the_effect_of_one_after_the_other() {
    let snoozed = Conversation { snoozed_until: Some(at(3600)), ..conversation_on(Channel::WhatsApp) };
    let solved = set_status(snoozed, 10, Resolved::Yes(None));
    let kinds = [
        (Role::User, MessageType::Reply),
        (Role::Assistant, MessageType::Note),
        (Role::Assistant, MessageType::Reply),
        (Role::User, MessageType::Reply),
        (Role::Assistant, MessageType::Reply),
        (Role::System, MessageType::Note),
    ];
    for length in 1..=kinds.len() {
        let messages: Vec<_> =
            (20..).zip(&kinds[..length]).map(|(n, (role, kind))| message(&solved, n, *role, *kind)).collect();
        let together = Transition::of_messages(&messages, MessageOrigin::Workspace).expect("messages");
        let single = messages.iter().fold(solved.clone(), add);
        let at_once = solved.clone().after(&together).expect("always allowed");
        assert_eq!(at_once, Conversation { version: solved.version + 1, ..single }, "{length}");
    }
    assert_eq!(Transition::of_messages(&[], MessageOrigin::Workspace), None);
}
