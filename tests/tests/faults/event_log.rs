//! The event log under redelivery, interrupted workers and faults of the table: each change once, without gaps, in order.

use std::collections::{BTreeMap, BTreeSet};

use deskless_tests::{Delivery, Faults, World, minimal_conversation};
use serde_json::{Value, json};

use crate::support::text;

/// The number of conversations. Each gets [`CHANGES`] messages and updates in turns. `DESKLESS_EVENTS` sets about how many events there are.
const EVENTS: usize = 600;
const CHANGES: usize = 20;

/// Writes conversations, messages and updates in turns. Returns the expected number of events.
async fn write(world: &World, conversations: usize) -> usize {
    let role = world.server_key();
    let mut paths = Vec::new();
    for _ in 0..conversations {
        let id = text(&role.open(&minimal_conversation()).await, "id");
        paths.push(format!("/api/v1/conversations/{id}"));
    }
    for change in 0..CHANGES {
        for path in &paths {
            if change.is_multiple_of(2) {
                let message = json!({ "body": format!("Message {change}") });
                let _ = role.post(&format!("{path}/messages"), &message).await.expect(201);
            } else {
                let _ = role.patch(path, &json!({ "subject": format!("Subject {change}") })).await.expect(200);
            }
        }
    }
    conversations * (1 + CHANGES)
}

/// Reads the whole feed, in small pages.
async fn feed(world: &World) -> Vec<Value> {
    let (mut events, mut after) = (Vec::new(), String::new());
    loop {
        let page = world.server_key().get(&format!("/api/v1/events?limit=60{after}")).await.expect(200);
        events.extend(page["events"].as_array().expect("events").iter().cloned());
        after = format!("&after={}", text(&page, "nextCursor"));
        if page["hasMore"] == false {
            return events;
        }
    }
}

/// Checks that the feed has each change once, and those of a conversation in order.
fn check(events: &[Value], expected: usize) {
    let sequences: Vec<_> = events.iter().map(|event| event["sequence"].as_u64().expect("a sequence")).collect();
    assert_eq!(sequences, (1..=events.len() as u64).collect::<Vec<_>>(), "there are gaps");
    let mut of_conversation: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut messages = BTreeSet::new();
    let mut others = 0;
    for event in events {
        let Some(id) = event["conversationId"].as_str() else {
            others += 1;
            continue;
        };
        let label = match event["type"].as_str() {
            Some("conversation.created") => "created".to_owned(),
            Some("message.created") => {
                assert!(messages.insert(text(&event["data"], "id")), "a message twice");
                text(&event["data"], "body")
            }
            Some("conversation.updated") => text(&event["data"], "subject"),
            other => panic!("unexpected: {other:?}"),
        };
        of_conversation.entry(id).or_default().push(label);
    }
    let mut wanted = vec!["created".to_owned()];
    wanted.extend((0..CHANGES).map(|change| {
        if change.is_multiple_of(2) { format!("Message {change}") } else { format!("Subject {change}") }
    }));
    for (id, labels) in &of_conversation {
        assert_eq!(labels, &wanted, "conversation {id}");
    }
    assert_eq!(events.len() - others, expected, "events were lost");
}

#[tokio::test]
async fn log_has_each_change_once_despite_redelivery_and_interruptions() {
    let world = World::new().await;
    let count = std::env::var("DESKLESS_EVENTS").map_or(EVENTS, |count| count.parse().expect("a number"));
    let _ = world.server_key().get("/api/v1/events?after=latest").await.expect(200);
    let expected = write(&world, (count / (1 + CHANGES)).max(1)).await;
    let delivery = Delivery { duplicated_percent: 30, shuffled: true, failing_percent: 85 };
    let stats = world.drain_events_as(delivery).await;
    assert!(stats.interrupted > 5, "{stats:?}");
    println!("{expected} events, {} workers interrupted, {} batches", stats.interrupted, stats.batches);
    check(&feed(&world).await, expected);
    world.assert_sound().await;
}

#[tokio::test]
async fn log_has_each_change_once_behind_faults() {
    let world = World::behind_proxy(Faults::default()).await;
    let _ = world.server_key().get("/api/v1/events?after=latest").await.expect(200);
    let expected = write(&world, 12).await;
    world.proxy().set_faults(Faults {
        conflicts_percent: 20,
        throttles_percent: 3,
        errors_before_percent: 3,
        errors_after_percent: 3,
        cuts_percent: 2,
        ..Faults::default()
    });
    let delivery = Delivery { duplicated_percent: 30, shuffled: true, failing_percent: 60 };
    let stats = world.drain_events_as(delivery).await;
    assert!(stats.interrupted > 0, "{stats:?}");
    world.proxy().set_faults(Faults::default());
    check(&feed(&world).await, expected);
}
