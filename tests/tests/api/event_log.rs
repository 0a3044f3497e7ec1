//! The event log in the table.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::Poll,
};

use deskless_domain::{ConversationId, EventActor, EventContent, EventFilter, EventType, Timestamp, Title};
use deskless_store::{EVENTS_KEPT_SECONDS, EventPage, EventSource, EventSubject, NewEvent, TenantStore};
use deskless_tests::World;
use serde_json::json;

use crate::automations::{automation, tag};

fn conversation(n: u8) -> ConversationId {
    ConversationId::parse(&format!("01890a5d-ac96-774b-bcce-b302099a80{n:02x}")).expect("an id")
}

/// An event of a conversation, whose data is its number.
fn event(of: u8, number: u64) -> NewEvent {
    NewEvent {
        subject: EventSubject::Conversation(conversation(of)),
        source: EventSource::Version { version: number, part: 0 },
        content: EventContent {
            event_type: if number.is_multiple_of(2) {
                EventType::ConversationUpdated
            } else {
                EventType::MessageCreated
            },
            occurred_at: Timestamp::from_millis(1_782_669_600_000),
            actor: EventActor::System,
            conversation_id: Some(conversation(of)),
            changed_fields: Vec::new(),
            omitted_fields: vec!["body".to_owned()],
            data: Some(number.to_string()),
        },
    }
}

async fn all(store: &TenantStore, mut after: u64, filter: &EventFilter) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    loop {
        let page = store.list_events(after, 7, filter).await.expect("a page");
        assert!(!page.has_lost);
        after = page.scanned_to;
        found.extend(page.events.into_iter().map(|event| (event.sequence, event.content.data.unwrap_or_default())));
        if !page.has_more {
            return found;
        }
    }
}

#[tokio::test]
async fn log_has_no_gaps_under_concurrent_writers() {
    let world = World::new().await;
    let store = world.tenant().await;
    let writers = (0..8_u8).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            for number in 0..6 {
                let pair = vec![event(writer, 2 * number), event(writer, 2 * number + 1)];
                assert_eq!(store.append_events(pair).await.expect("appended"), 2);
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("a writer");
    }
    let found = all(&store, 0, &EventFilter::default()).await;
    assert_eq!(found.iter().map(|(sequence, _)| *sequence).collect::<Vec<_>>(), (1..=8 * 12).collect::<Vec<_>>());
    assert_eq!(store.newest_sequence().await.expect("a sequence"), 8 * 12);
    for writer in 0..8 {
        let filter = EventFilter { conversation_id: Some(conversation(writer)), ..EventFilter::default() };
        let numbers: Vec<_> = all(&store, 0, &filter).await.into_iter().map(|(_, data)| data).collect();
        assert_eq!(numbers, (0..12).map(|number: u64| number.to_string()).collect::<Vec<_>>());
    }
}

/// Polls a future until it has waited this often. Returns its output if it has ended before.
async fn until_waited<T>(mut times: usize, mut future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if times == 0 => Poll::Ready(None),
        Poll::Pending => {
            times -= 1;
            Poll::Pending
        }
    })
    .await
}

#[tokio::test]
async fn first_events_of_two_writers_are_numbers_one_and_two() {
    let world = World::new().await;
    // One writer pauses, a bit later in each log, while another one appends the first event.
    for waits in 0..24 {
        let title = Title::parse(format!("Log {waits}")).expect("a title");
        let workspace = world.operator().create_workspace(title).await.expect("a workspace").id;
        let store = world.operator().workspace(workspace).await.expect("the workspace");
        let mut slow = pin!(store.append_events(vec![event(1, 0)]));
        let ended = until_waited(waits, slow.as_mut()).await;
        assert_eq!(store.append_events(vec![event(2, 0)]).await.expect("appended"), 1);
        let slow = match ended {
            Some(ended) => ended,
            None => slow.await,
        };
        assert_eq!(slow.expect("appended"), 1);
        assert_eq!(store.newest_sequence().await.expect("a sequence"), 2, "after {waits} waits");
    }
}

#[tokio::test]
async fn repeated_events_are_appended_once() {
    let world = World::new().await;
    let store = world.tenant().await;
    let append = async |numbers: &[u64]| {
        store.append_events(numbers.iter().map(|number| event(1, *number)).collect()).await.expect("appended")
    };
    assert_eq!(append(&[1, 2]).await, 2);
    assert_eq!(append(&[2, 1]).await, 0);
    assert_eq!(append(&[3, 2, 4, 4]).await, 2);
    // More than one segment.
    assert_eq!(append(&(1..=250).collect::<Vec<_>>()).await, 246);
    let expected: Vec<_> = (1..=250).map(|number: u64| (number, number.to_string())).collect();
    assert_eq!(all(&store, 0, &EventFilter::default()).await, expected);
    assert_eq!(all(&store, 240, &EventFilter::default()).await, expected[240..]);
    let event = store.get_event(200).await.expect("found").expect("an event");
    assert_eq!((event.sequence, event.content.data.as_deref()), (200, Some("200")));
    assert_eq!(event.content.omitted_fields, ["body"]);
    assert_eq!(event.content.conversation_id, Some(conversation(1)));
    assert_eq!(store.get_event(251).await.expect("found"), None);
    let messages = EventFilter { types: vec![EventType::MessageCreated], ..EventFilter::default() };
    assert_eq!(all(&store, 0, &messages).await.len(), 125);
}

#[tokio::test]
async fn expired_events_are_absent_and_the_sequence_goes_on() {
    let world = World::new().await;
    let store = world.tenant().await;
    let nothing = |scanned_to| EventPage { scanned_to, ..EventPage::default() };
    let list = async |after| store.list_events(after, 10, &EventFilter::default()).await.expect("a page");
    assert_eq!(list(0).await, nothing(0));
    assert_eq!(store.oldest_sequence().await.expect("a sequence"), 1);
    store.append_events(vec![event(1, 1), event(1, 2)]).await.expect("appended");
    world.clock.advance_millis(1000 * EVENTS_KEPT_SECONDS / 2);
    let middle = store.clock().now();
    for number in 3..=40 {
        store.append_events(vec![event(1, number)]).await.expect("appended");
        world.clock.advance_millis(1000);
    }
    assert_eq!(store.sequence_at(middle).await.expect("a sequence"), 2);
    for seconds in [1, 17, 38, 1000] {
        let at = store.sequence_at(middle.plus_seconds(seconds)).await.expect("a sequence");
        assert_eq!(at, (2 + seconds.unsigned_abs()).min(40));
    }
    assert_eq!(store.oldest_sequence().await.expect("a sequence"), 1);
    world.clock.advance_millis(1000 * EVENTS_KEPT_SECONDS / 2);
    assert_eq!(store.oldest_sequence().await.expect("a sequence"), 3);
    assert_eq!(store.get_event(1).await.expect("found"), None);
    let page = list(1).await;
    assert!(page.has_lost && page.has_more);
    assert_eq!(page.events.first().map(|event| event.sequence), Some(3));
    assert!(!list(2).await.has_lost);
    // All have expired, and a reader keeps the newest segment.
    world.clock.advance_millis(1000 * EVENTS_KEPT_SECONDS);
    assert_eq!(list(40).await, nothing(40));
    assert_eq!(store.oldest_sequence().await.expect("a sequence"), 41);
    world.clock.advance_millis(1000 * EVENTS_KEPT_SECONDS * 3 / 2);
    store.append_events(vec![event(1, 41)]).await.expect("appended");
    let page = list(40).await;
    assert_eq!(page.events.first().map(|event| event.sequence), Some(41));
    assert!(!page.has_lost);
}

#[tokio::test]
async fn sequence_never_falls_after_a_long_pause() {
    let world = World::new().await;
    let store = world.tenant().await;
    store.append_events(vec![event(1, 1)]).await.expect("appended");
    world.clock.advance_millis(1000 * EVENTS_KEPT_SECONDS * 3);
    // Nobody has read the log, so no segment counts any more.
    let newest = store.newest_sequence().await.expect("a sequence");
    assert!(newest > 1_000_000);
    world.clock.advance_millis(60_000);
    store.append_events(vec![event(1, 2), event(1, 3)]).await.expect("appended");
    let list = async |after| store.list_events(after, 10, &EventFilter::default()).await.expect("a page");
    let page = list(newest).await;
    assert!(!page.has_lost);
    assert_eq!(page.events.len(), 2);
    assert!(page.events[0].sequence > newest);
    assert!(list(1).await.has_lost);
    assert_eq!(store.oldest_sequence().await.expect("a sequence"), page.events[0].sequence);
    assert_eq!(store.sequence_at(store.clock().now()).await.expect("a sequence"), page.events[0].sequence - 1);
}

#[tokio::test]
async fn saving_an_automation_keeps_the_log() {
    let world = World::new().await;
    let store = world.tenant().await;
    assert_eq!(store.followers().await.expect("followers").log_since, None);
    store.start_log().await.expect("started");
    let since = store.followers().await.expect("followers").log_since;
    assert!(since.is_some());
    let _ = automation(&world.server_key(), "conversation.created", json!([tag("a")])).await;
    store.start_log().await.expect("started");
    assert_eq!(store.followers().await.expect("followers").log_since, since);
}
