//! What makes deliveries go on: new events during an outage, lost starts, changes of the endpoint, and errors of single events.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use deskless_deliveries::handle_with;
use deskless_store::{BeginRun, EndRun, NextRun, RunChanges};
use deskless_tests::{Row, World, minimal_conversation};
use serde_json::json;

use crate::webhook_deliveries::{HOUR_MS, MINUTE_MS, PATH, Receiver, append, rounds};

#[tokio::test]
async fn rejected_conversations_stop_no_others() {
    let world = World::new().await;
    let receiver = Receiver::new(&world, |conversation, _, _| if conversation <= 3 { 422 } else { 200 }).await;
    let store = world.tenant().await;
    append(&world, &rounds(3, 1..=1)).await;
    receiver.run(&world).await;
    let undelivered = async || store.list_undelivered(receiver.id, None, 10).await.expect("a list").events.len();
    // Each hour a new event of a conversation that the receiver takes, and twice after a while.
    for hour in 1..=140_u64 {
        append(&world, &[(4, hour)]).await;
        receiver.run(&world).await;
        for _ in 0..6 {
            world.clock.advance_millis(MINUTE_MS);
            let _ = world.run_timers().await;
            world.deliver_webhooks().await;
        }
        assert_eq!(receiver.taken().last(), Some(&(4, hour)), "it waits for no other conversation");
        receiver.run_after(&world, 24 * MINUTE_MS).await;
        receiver.run_after(&world, 30 * MINUTE_MS).await;
        if hour == 76 {
            assert_eq!(undelivered().await, 0, "the schedule has 76 hours");
        }
    }
    assert_eq!(undelivered().await, 3, "what is rejected is given up");
    assert!(store_enabled(&receiver, &world).await);
}

async fn store_enabled(receiver: &Receiver, world: &World) -> bool {
    let path = format!("{PATH}/{}", receiver.id);
    world.server_key().get(&path).await.expect(200)["webhookEndpoint"]["enabled"] == true
}

#[tokio::test]
async fn lost_start_is_made_up_for_within_an_hour() {
    let world = World::new().await;
    let receiver = Receiver::new(&world, |_, _, _| 200).await;
    append(&world, &[(1, 1)]).await;
    receiver.run(&world).await;
    append(&world, &[(1, 2)]).await;
    world.clock.advance_millis(HOUR_MS - MINUTE_MS);
    let _ = world.run_timers().await;
    world.deliver_webhooks().await;
    assert_eq!(receiver.taken(), [(1, 1)]);
    world.clock.advance_millis(MINUTE_MS);
    let _ = world.run_timers().await;
    world.deliver_webhooks().await;
    assert_eq!(receiver.taken(), [(1, 1), (1, 2)]);
}

#[tokio::test]
async fn first_event_of_a_new_endpoint_needs_no_second_one() {
    let world = World::new().await;
    let receiver = Receiver::new(&world, |_, _, _| 200).await;
    world.deliver_webhooks().await;
    // By a worker that did not know the endpoint.
    append(&world, &[(1, 1)]).await;
    world.clock.advance_millis(HOUR_MS + MINUTE_MS);
    let _ = world.run_timers().await;
    world.deliver_webhooks().await;
    assert_eq!(receiver.taken(), [(1, 1)]);
}

#[tokio::test]
async fn crash_after_a_pause_began_loses_no_timer() {
    let world = World::new().await;
    let receiver = Receiver::new(&world, |_, _, _| 200).await;
    append(&world, &[(1, 1)]).await;
    let store = world.tenant().await;
    let begun = store.begin_delivery_run(receiver.id).await.expect("the table responds");
    let BeginRun::Begun(run, mut state) = begun else { panic!("the lease is free") };
    state.rest_until = Some(deskless_domain::Clock::now(&*world.clock).plus_seconds(3_600));
    assert!(store.save_delivery_run(run, &state, &RunChanges::default()).await.expect("the table responds"));
    // The run crashes, and Lambda repeats it after its lease.
    receiver.run_after(&world, 2 * MINUTE_MS).await;
    assert!(receiver.taken().is_empty(), "the receiver asked for a pause");
    world.clock.advance_millis(HOUR_MS);
    let _ = world.run_timers().await;
    world.deliver_webhooks().await;
    assert_eq!(receiver.taken(), [(1, 1)]);
}

#[tokio::test]
async fn another_url_is_tried_at_once() {
    let world = World::new().await;
    let is_dead = Arc::new(AtomicBool::new(true));
    let dead = Arc::clone(&is_dead);
    let receiver = Receiver::new(&world, move |_, _, _| if dead.load(Ordering::Relaxed) { 500 } else { 200 }).await;
    append(&world, &rounds(4, 1..=2)).await;
    receiver.run(&world).await;
    receiver.run_after(&world, HOUR_MS).await;
    is_dead.store(false, Ordering::Relaxed);
    let path = format!("{PATH}/{}", receiver.id);
    let ours = world.server_key();
    let _ = ours.patch(&path, &json!({ "description": "Ours" })).await.expect(200);
    world.deliver_webhooks().await;
    assert!(receiver.taken().is_empty(), "nothing has changed for deliveries");
    let _ = ours.patch(&path, &json!({ "url": "https://hooks.example.com/b" })).await.expect(200);
    world.deliver_webhooks().await;
    assert_eq!(receiver.taken().len(), 8);
}

#[tokio::test]
async fn enabling_during_a_run_is_not_undone_by_its_end() {
    let world = World::new().await;
    let receiver = Receiver::new(&world, |_, _, _| 200).await;
    append(&world, &[(1, 1)]).await;
    let store = world.tenant().await;
    let begin = async || store.begin_delivery_run(receiver.id).await.expect("the table responds");
    let BeginRun::Begun(run, mut state) = begin().await else { panic!("the lease is free") };
    let now = deskless_domain::Clock::now(&*world.clock);
    (state.failing_since, state.rest_until) = (Some(now), Some(now.plus_seconds(3_600)));
    let path = format!("{PATH}/{}", receiver.id);
    for enabled in [false, true] {
        world.clock.advance_millis(1_000);
        let _ = world.server_key().patch(&path, &json!({ "enabled": enabled })).await.expect(200);
    }
    let ended = store.end_delivery_run(run, &state, NextRun::Never).await.expect("the table responds");
    let EndRun::Again(after) = ended else { panic!("the request to go on is lost: {ended:?}") };
    assert_eq!((after.failing_since, after.rest_until), (None, None));
    let ended = store.end_delivery_run(run, &after, NextRun::Check).await.expect("the table responds");
    assert_eq!(ended, EndRun::Ended);
    receiver.run(&world).await;
    assert_eq!(receiver.taken(), [(1, 1)]);
}

#[tokio::test]
async fn run_without_time_starts_another_one() {
    let world = World::new().await;
    let receiver = Receiver::new(&world, |_, _, _| 200).await;
    let path = format!("{PATH}/{}", receiver.id);
    let _ = world.server_key().patch(&path, &json!({ "eventTypes": ["message.created"] })).await.expect(200);
    let id = world.server_key().open(&minimal_conversation()).await["id"].clone();
    let messages = format!("/api/v1/conversations/{}/messages", id.as_str().expect("an id"));
    let _ = world.server_key().post(&messages, &json!({ "role": "user", "body": "Hello" })).await.expect(201);
    let _ = world.drain_events().await;
    // What the creation, the change and the events have started.
    let _ = world.deliveries.take();
    let (store, client) = (world.store.clone(), world.webhook_servers.client());
    let request = world.delivery_to(receiver.id);
    handle_with(store, client, Duration::from_micros(1), request).await.expect("the table responds");
    let before = receiver.taken().len();
    world.deliver_webhooks().await;
    assert_eq!((before, receiver.taken().len()), (0, 1));
}

#[tokio::test]
async fn event_that_cannot_be_read_holds_back_only_its_conversation() {
    let world = World::new().await;
    let receiver = Receiver::new(&world, |conversation, _, _| if conversation == 1 { 500 } else { 200 }).await;
    append(&world, &[(1, 1)]).await;
    receiver.run(&world).await;
    let is_event = |row: &Row| row.pk().contains("#K#C#");
    let mut event = world.rows().await.into_iter().find(is_event).expect("the event");
    event.0["ac"] = json!({ "S": "?" });
    world.put(&event).await;
    for round in 1..=3 {
        append(&world, &[(2, round)]).await;
        world.clock.advance_millis(HOUR_MS);
        let failed = world.run_delivery(world.delivery_to(receiver.id)).await;
        assert!(failed.is_err(), "the error is reported");
        assert_eq!(receiver.taken().len() as u64, round, "others go on");
    }
}
