//! The cost of the event log and of deliveries to webhook endpoints.

use std::collections::BTreeMap;

use deskless_domain::{Clock, EventFilter, LoggedEvent, WebhookEndpointId};
use deskless_store::{EventSource, EventSubject, NewEvent};
use deskless_tests::{Meter, Worker};
use http::Method;
use serde_json::json;

use super::fixture::Fixture;

const EVENTS: &str = "/api/v1/events";
const ENDPOINTS: &str = "/api/v1/webhook-endpoints";
/// Longer than a process caches workspaces.
const CACHED_MS: i64 = 30_000;

/// Measures the log, the feed and deliveries.
pub async fn measure(large: bool, costs: &mut BTreeMap<String, Meter>) {
    for (name, count) in [("AP-170", 1), ("AP-170 ten", 10)] {
        costs.insert(name.to_owned(), append(large, count).await);
    }
    feed(large, costs).await;
    deliveries(large, costs).await;
}

/// Returns what a log and a webhook endpoint add to the work of the worker on changes of this many conversations, in one batch. The worker
/// does other work at the same time, so the trips are those of the log alone.
async fn append(large: bool, count: usize) -> Meter {
    let without = drained_changes(&Fixture::new(large).await, count).await;
    let fixture = Fixture::new(large).await;
    let _ = endpoint(&fixture).await;
    let with = drained_changes(&fixture, count).await;
    assert_eq!(fixture.world.deliveries.take().len(), 1, "a delivery is started");

    let store = fixture.world.function_tenant().await;
    let newest = store.newest_sequence().await.expect("a response");
    let count = u64::try_from(count).expect("a small number");
    let page = store.list_events(newest - count, 100, &EventFilter::default()).await.expect("a response");
    let again = page.events.into_iter().map(|LoggedEvent { content, .. }| {
        let subject = EventSubject::Conversation(content.conversation_id.expect("a conversation"));
        NewEvent { subject, source: EventSource::At(1), content }
    });
    let again: Vec<_> = again.collect();
    let _ = fixture.world.proxy().take_meter();
    assert_eq!(store.append_events(again).await.expect("a response") as u64, count);
    let alone = fixture.world.proxy().take_meter();
    let added = (with.reads - without.reads, with.writes - without.writes);
    assert_eq!((alone.reads, alone.writes), added, "the log is all that is added");
    alone
}

/// Changes this many conversations, and returns what the worker needs for the changes.
async fn drained_changes(fixture: &Fixture, count: usize) -> Meter {
    let paths = open(fixture, count).await;
    let _ = fixture.drained(Worker::Events).await;
    // Also caches the names (AP-20).
    set_status(fixture, &paths, "solved").await;
    let _ = fixture.world.deliveries.take();
    fixture.drained(Worker::Events).await
}

/// Measures the feed and the positions of the log, with one event in each segment.
async fn feed(large: bool, costs: &mut BTreeMap<String, Meter>) {
    let fixture = Fixture::new(large).await;
    let world = &fixture.world;
    let paths = open(&fixture, 21).await;
    let _ = fixture.drained(Worker::Events).await;
    costs.insert("AP-174".to_owned(), fixture.get(&format!("{EVENTS}?after=latest")).await);
    for path in &paths {
        set_status(&fixture, std::slice::from_ref(path), "solved").await;
        let _ = fixture.drained(Worker::Events).await;
    }
    costs.insert("AP-171".to_owned(), fixture.get(&format!("{EVENTS}?limit=20")).await);
    let page = world.server_key().get(&format!("{EVENTS}?limit=50")).await.expect(200);
    assert_eq!(page["events"].as_array().map(Vec::len), Some(21), "{page:#}");
    let newest = page["nextCursor"].as_str().expect("a position");
    // The first time, it is looked whether the log has come to this position.
    let end = format!("{EVENTS}?after={newest}");
    let _ = fixture.get(&end).await;
    costs.insert("AP-171 nothing new".to_owned(), fixture.get(&end).await);
    let store = world.function_tenant().await;
    let _ = world.proxy().take_meter();
    assert!(store.get_event(21).await.expect("a response").is_some());
    costs.insert("AP-172".to_owned(), world.proxy().take_meter());
    let now = world.clock.now();
    assert!(store.sequence_at(now).await.expect("a response") > 0);
    costs.insert("AP-173".to_owned(), world.proxy().take_meter());
}

/// Measures runs of deliveries, with one event in each conversation.
async fn deliveries(large: bool, costs: &mut BTreeMap<String, Meter>) {
    let fixture = Fixture::new(large).await;
    let world = &fixture.world;
    let endpoint = endpoint(&fixture).await;
    let id = endpoint.rsplit('/').next().and_then(WebhookEndpointId::parse).expect("an id");
    let paths = open(&fixture, 10).await;
    let _ = fixture.drained(Worker::Events).await;
    // Also caches the data key (AP-120).
    world.deliver_webhooks().await;
    let ran = async || {
        let _ = fixture.drained(Worker::Events).await;
        world.clock.advance_millis(CACHED_MS);
        let _ = (world.proxy().take_meter(), world.webhook_servers.take_calls());
        world.run_delivery(world.delivery_to(id)).await.expect("a run");
        (world.proxy().take_meter(), world.webhook_servers.take_calls().len())
    };
    let mut record = |name: &str, (meter, calls): (Meter, usize), expected: usize| {
        assert_eq!(calls, expected, "{name}");
        costs.insert(name.to_owned(), meter);
    };
    set_status(&fixture, &paths[..1], "solved").await;
    record("AP-190", ran().await, 1);
    set_status(&fixture, &paths, "waiting").await;
    record("AP-190 ten", ran().await, 10);
    world.webhook_servers.respond_with(500);
    set_status(&fixture, &paths[..1], "open").await;
    record("AP-192", ran().await, 1);
    world.webhook_servers.respond_with(204);
    world.clock.advance_millis(60_000);
    record("AP-192 again", ran().await, 1);

    let mut record = |name: &str, meter: Meter| costs.insert(name.to_owned(), meter);
    let _ = record("AP-195", fixture.get(&format!("{endpoint}/attempts")).await);
    let replay = format!("{endpoint}/replay");
    let page = world.server_key().get(EVENTS).await.expect(200);
    let _ = record("AP-197", fixture.post(&replay, &json!({ "eventId": page["events"][0]["id"] })).await);
    let _ = record("AP-197 since", fixture.post(&replay, &json!({ "sinceSequence": 1 })).await);
}

/// Creates a webhook endpoint, which starts the log. Returns its path.
async fn endpoint(fixture: &Fixture) -> String {
    let body = json!({ "url": "https://hooks.example.com" });
    let made = fixture.world.server_key().post(ENDPOINTS, &body).await.expect(201);
    format!("{ENDPOINTS}/{}", made["webhookEndpoint"]["id"].as_str().expect("an id"))
}

async fn open(fixture: &Fixture, count: usize) -> Vec<String> {
    let mut paths = Vec::new();
    for _ in 0..count {
        paths.push(fixture.open().await);
    }
    paths
}

/// Changes the status of these conversations.
async fn set_status(fixture: &Fixture, paths: &[String], status: &str) {
    for path in paths {
        let _ = fixture.cost(Method::PATCH, path, None, Some(&json!({ "status": status }))).await;
    }
}
