//! Deliveries to webhook endpoints: order, retries, holds, outages, disabling and replays.

use std::sync::{Arc, Mutex};

use deskless_app::deliveries::{self, Replay};
use deskless_domain::{
    ConversationId, EventActor, EventContent, EventId, EventType, Identifier, RetrySchedule, Timestamp,
    WebhookEndpoint, WebhookEndpointId,
};
use deskless_store::{BeginRun, EndRun, EventSource, EventSubject, NewEvent, NextRun, TenantStore};
use deskless_tests::{Faults, Received, Scripted, World, interrupt_after};
use serde_json::{Value, json};

pub(crate) const PATH: &str = "/api/v1/webhook-endpoints";
pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const HOUR_MS: i64 = 60 * MINUTE_MS;

/// An endpoint and what it has taken.
pub(crate) struct Receiver {
    pub id: WebhookEndpointId,
    pub secret: String,
    /// The conversation and the number of each event that it has answered with a 2xx, in order.
    taken: Arc<Mutex<Vec<(u8, u64)>>>,
}

impl Receiver {
    /// Creates an endpoint of our workspace whose server decides by this rule.
    pub async fn new(world: &World, status: impl Fn(u8, u64, Timestamp) -> u16 + Send + 'static) -> Self {
        let body = json!({ "url": "https://hooks.example.com/a" });
        let saved = world.server_key().post(PATH, &body).await.expect(201);
        let taken = Arc::<Mutex<Vec<(u8, u64)>>>::default();
        let recorded = Arc::clone(&taken);
        world.webhook_servers.respond_by(move |call| {
            let (conversation, number) = named(call);
            let status = status(conversation, number, call.at);
            if status < 300 {
                recorded.lock().expect("no panic before").push((conversation, number));
            }
            Some(Scripted::status(status).body("It did not work."))
        });
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let id = WebhookEndpointId::parse(&text(&saved["webhookEndpoint"]["id"])).expect("an id");
        Self { id, secret: text(&saved["secret"]), taken }
    }

    pub fn taken(&self) -> Vec<(u8, u64)> {
        self.taken.lock().expect("no panic before").clone()
    }

    /// Runs a delivery that must not fail, and those that it starts.
    pub async fn run(&self, world: &World) {
        world.run_delivery(world.delivery_to(self.id)).await.expect("the table responds");
        world.deliver_webhooks().await;
    }

    /// Runs deliveries, after pauses of this length.
    pub async fn run_after(&self, world: &World, millis: i64) {
        world.clock.advance_millis(millis);
        self.run(world).await;
    }

    async fn endpoint(&self, store: &TenantStore) -> WebhookEndpoint {
        store.get_resource::<WebhookEndpoint>(self.id).await.expect("the endpoint").fields
    }
}

fn conversation(number: u8) -> ConversationId {
    ConversationId::from_bytes([number; 16])
}

/// Returns the conversation and the number of an event.
fn named(call: &Received) -> (u8, u64) {
    let event = call.json();
    let id = event["conversationId"].as_str().and_then(ConversationId::parse);
    (id.map_or(0, |id| id.to_bytes()[0]), event["data"]["number"].as_u64().unwrap_or_default())
}

fn event(of: u8, number: u64, at: Timestamp) -> NewEvent {
    let content = EventContent {
        event_type: EventType::ConversationUpdated,
        occurred_at: at,
        actor: EventActor::System,
        conversation_id: Some(conversation(of)),
        changed_fields: vec!["subject".to_owned()],
        omitted_fields: Vec::new(),
        data: Some(json!({ "number": number }).to_string()),
    };
    let source = EventSource::Version { version: number, part: 0 };
    NewEvent { subject: EventSubject::Conversation(conversation(of)), source, content }
}

pub(crate) async fn append(world: &World, events: &[(u8, u64)]) {
    let now = world.clock.now_of();
    let events = events.iter().map(|&(of, number)| event(of, number, now)).collect();
    world.tenant().await.append_events(events).await.expect("appended");
}

/// The time of a world's clock.
trait NowOf {
    fn now_of(&self) -> Timestamp;
}

impl NowOf for deskless_tests::TestClock {
    fn now_of(&self) -> Timestamp {
        deskless_domain::Clock::now(self)
    }
}

/// Checks that each event was taken, and that the first successes of each conversation are in order.
fn assert_complete(taken: &[(u8, u64)], conversations: u8, events: u64) {
    for of in 1..=conversations {
        let mut first = Vec::new();
        for &(_, number) in taken.iter().filter(|(conversation, _)| *conversation == of) {
            if !first.contains(&number) {
                first.push(number);
            }
        }
        assert_eq!(first, (1..=events).collect::<Vec<_>>(), "conversation {of}");
    }
}

/// Returns this many events of each conversation, one after another.
pub(crate) fn rounds(conversations: u8, numbers: std::ops::RangeInclusive<u64>) -> Vec<(u8, u64)> {
    numbers.flat_map(|number| (1..=conversations).map(move |of| (of, number))).collect()
}

#[tokio::test]
async fn event_is_delivered_as_the_feed_has_it_and_signed() {
    let world = World::new().await;
    let receiver = Receiver::new(&world, |_, _, _| 204).await;
    append(&world, &[(1, 1), (2, 1), (1, 2)]).await;
    receiver.run(&world).await;
    assert_complete(&receiver.taken(), 1, 2);
    let calls = world.webhook_servers.take_calls();
    assert_eq!(calls.len(), 3, "each event once");
    let feed = world.server_key().get("/api/v1/events").await.expect(200);
    for call in &calls {
        assert!(call.is_signed_with(&receiver.secret));
        let listed = feed["events"].as_array().or(feed["items"].as_array()).expect("events");
        assert!(listed.contains(&call.json()), "{feed}");
        assert_eq!(call.header("webhook-id"), call.json()["id"].as_str().expect("an id"));
    }
    receiver.run(&world).await;
    assert!(world.webhook_servers.take_calls().is_empty(), "nothing is sent twice");
    let attempts = deliveries::list_attempts(&world.tenant().await, receiver.id, None, 10).await.expect("a list");
    assert_eq!((attempts.attempts.len(), attempts.next), (3, None));
    assert!(attempts.attempts.iter().all(|attempt| attempt.is_success() && attempt.number == 1));
}

#[tokio::test]
async fn outage_of_an_hour_loses_and_reorders_nothing() {
    let world = World::new().await;
    let end = Timestamp::from_millis(world.clock.now_of().as_millis() + HOUR_MS);
    let receiver = Receiver::new(&world, move |_, _, at| if at < end { 500 } else { 200 }).await;
    for number in 1..=12 {
        append(&world, &rounds(7, number..=number)).await;
        receiver.run_after(&world, 5 * MINUTE_MS).await;
    }
    let attempts = world.webhook_servers.take_calls().len();
    assert!((3..=25).contains(&attempts), "{attempts} attempts in an outage for 84 events");
    for _ in 0..30 {
        receiver.run_after(&world, 5 * MINUTE_MS).await;
    }
    assert_complete(&receiver.taken(), 7, 12);
    assert_eq!(receiver.taken().len(), 84, "no event was delivered twice");
    receiver.run_after(&world, 48 * HOUR_MS).await;
    assert_eq!(receiver.taken().len(), 84);
}

#[tokio::test]
async fn failing_conversation_holds_only_itself() {
    let world = World::new().await;
    let receiver = Receiver::new(&world, |of, number, _| if (of, number) == (1, 2) { 500 } else { 200 }).await;
    append(&world, &rounds(4, 1..=3)).await;
    receiver.run(&world).await;
    append(&world, &rounds(4, 4..=5)).await;
    receiver.run_after(&world, 1_000).await;
    let of = |wanted: u8| receiver.taken().into_iter().filter(|(of, _)| *of == wanted).map(|(_, n)| n).collect();
    let (held, other): (Vec<u64>, Vec<u64>) = (of(1), of(4));
    assert_eq!((held, other), (vec![1], vec![1, 2, 3, 4, 5]));
    // The event is given up after the last attempt, and the later ones follow.
    let mut elapsed = 0;
    while receiver.taken().len() < 19 {
        assert!(elapsed < 6 * 24, "the conversation never goes on: {:?}", receiver.taken());
        elapsed += 1;
        receiver.run_after(&world, HOUR_MS).await;
    }
    assert!(elapsed >= 76, "given up after {elapsed} hours");
    assert_eq!(of(1) as Vec<u64>, [1, 3, 4, 5]);
    let store = world.tenant().await;
    let undelivered = store.list_undelivered(receiver.id, None, 10).await.expect("a list").events;
    assert_eq!(undelivered.len(), 1);
    assert_eq!((undelivered[0].attempts, undelivered[0].last_status), (RetrySchedule::ATTEMPTS, Some(500)));
    let attempts = deliveries::list_attempts(&store, receiver.id, None, 100).await.expect("a list").attempts;
    let failed: Vec<_> = attempts.iter().filter(|attempt| !attempt.is_success()).collect();
    assert_eq!(failed.len(), 11);
    assert_eq!(failed[0].response.as_deref(), Some("It did not work."));
    assert_eq!((failed[0].next_attempt_at, failed[0].number), (None, 11));
    assert!(failed[1].next_attempt_at.is_some());
}

#[tokio::test]
async fn gone_endpoint_is_disabled_and_goes_on_when_enabled() {
    let world = World::new().await;
    let gone = Arc::new(Mutex::new(true));
    let is_gone = Arc::clone(&gone);
    let receiver =
        Receiver::new(&world, move |_, _, _| if *is_gone.lock().expect("no panic before") { 410 } else { 200 }).await;
    append(&world, &rounds(1, 1..=3)).await;
    receiver.run(&world).await;
    assert_eq!(world.webhook_servers.take_calls().len(), 1);
    let path = format!("{PATH}/{}", receiver.id);
    let ours = world.server_key();
    let found = ours.get(&path).await.expect(200)["webhookEndpoint"].clone();
    assert_eq!((&found["enabled"], &found["disabledReason"]), (&json!(false), &json!("gone")));
    let feed = ours.get("/api/v1/events?types=webhook_endpoint.disabled").await.expect(200);
    let listed = feed["events"].as_array().or(feed["items"].as_array()).expect("events");
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["data"], found);

    *gone.lock().expect("no panic before") = false;
    append(&world, &rounds(1, 4..=4)).await;
    receiver.run_after(&world, 48 * HOUR_MS).await;
    assert!(receiver.taken().is_empty(), "a disabled endpoint gets nothing");
    ours.patch(&path, &json!({ "enabled": true })).await.expect(200);
    receiver.run(&world).await;
    let taken: Vec<_> = receiver.taken().into_iter().filter(|(of, _)| *of == 1).collect();
    assert_eq!(taken, [(1, 1), (1, 2), (1, 3), (1, 4)]);
}

#[tokio::test]
async fn dead_endpoint_is_disabled_after_five_days() {
    let world = World::new().await;
    let receiver = Receiver::new(&world, |_, _, _| 500).await;
    append(&world, &rounds(5, 1..=4)).await;
    receiver.run(&world).await;
    let store = world.tenant().await;
    for hour in 1.. {
        assert!(hour <= 8 * 24, "never disabled");
        receiver.run_after(&world, HOUR_MS).await;
        let endpoint = receiver.endpoint(&store).await;
        if !endpoint.enabled {
            assert!(hour >= 5 * 24, "disabled after {hour} hours");
            assert_eq!(endpoint.disabled_reason, Some(deskless_domain::DisabledReason::Failing));
            break;
        }
    }
    let attempts = world.webhook_servers.take_calls().len();
    assert!((10..=25).contains(&attempts), "{attempts} attempts in five days for 20 events");
    let undelivered = store.list_undelivered(receiver.id, None, 10).await.expect("a list").events;
    assert!(undelivered.is_empty(), "in an outage no event is at fault");
}

#[tokio::test]
async fn receiver_can_ask_for_a_pause() {
    let world = World::new().await;
    let receiver = Receiver::new(&world, |_, _, _| 200).await;
    let url = "https://hooks.example.com/a";
    world.webhook_servers.respond_by(|_| None);
    world.webhook_servers.script(url, [Scripted::status(429).header("retry-after", "1800")]);
    append(&world, &rounds(3, 1..=1)).await;
    receiver.run(&world).await;
    let first = world.webhook_servers.take_calls().len();
    receiver.run_after(&world, 29 * MINUTE_MS).await;
    assert!(world.webhook_servers.take_calls().is_empty(), "nothing is sent in the pause");
    receiver.run_after(&world, 2 * MINUTE_MS).await;
    let second = world.webhook_servers.take_calls().len();
    assert_eq!(first + second, 4, "each event once, and the refused one again");
}

#[tokio::test]
async fn events_are_sent_again_on_request() {
    let world = World::new().await;
    let receiver = Receiver::new(&world, |_, _, _| 200).await;
    append(&world, &rounds(2, 1..=3)).await;
    receiver.run(&world).await;
    assert_eq!(receiver.taken().len(), 6);
    let store = world.function_tenant().await;
    let third = EventId::new(world.workspace, 3);
    assert_eq!(deliveries::replay(&store, receiver.id, Replay::Event(third)).await.expect("requested"), 3);
    world.deliver_webhooks().await;
    assert_eq!(receiver.taken()[6..], [(1, 2)]);
    assert_eq!(deliveries::replay(&store, receiver.id, Replay::From(4)).await.expect("requested"), 4);
    world.deliver_webhooks().await;
    let again = receiver.taken()[7..].to_vec();
    assert_eq!(again.len(), 3, "{again:?}");
    assert!(again.contains(&(2, 2)) && again.contains(&(1, 3)) && again.contains(&(2, 3)));
    // Everything, as no event has expired.
    let start = Timestamp::from_millis(world.clock.now_of().as_millis() - HOUR_MS);
    assert_eq!(deliveries::replay(&store, receiver.id, Replay::Since(start)).await.expect("requested"), 1);
    world.deliver_webhooks().await;
    assert_eq!(receiver.taken().len(), 16);
    let unknown = deliveries::replay(&store, receiver.id, Replay::Event(EventId::new(world.workspace, 99))).await;
    assert!(unknown.is_err());
}

#[tokio::test]
async fn replay_keeps_the_order_of_a_held_conversation() {
    let world = World::new().await;
    let works = Arc::new(Mutex::new(false));
    let is_working = Arc::clone(&works);
    let receiver = Receiver::new(&world, move |of, number, _| {
        if (of, number) == (1, 2) && !*is_working.lock().expect("no panic before") { 500 } else { 200 }
    })
    .await;
    append(&world, &rounds(2, 1..=4)).await;
    receiver.run(&world).await;
    let store = world.function_tenant().await;
    // An event that waits behind the failing one does not overtake it.
    let last = EventId::new(world.workspace, 7);
    let _ = deliveries::replay(&store, receiver.id, Replay::Event(last)).await.expect("requested");
    world.deliver_webhooks().await;
    assert!(!receiver.taken().contains(&(1, 4)));
    let _ = deliveries::replay(&store, receiver.id, Replay::From(1)).await.expect("requested");
    world.deliver_webhooks().await;
    assert!(!receiver.taken().contains(&(1, 3)));
    *works.lock().expect("no panic before") = true;
    receiver.run_after(&world, 10 * MINUTE_MS).await;
    assert_complete(&receiver.taken(), 2, 4);
}

#[tokio::test]
async fn second_start_makes_the_active_run_look_again() {
    let world = World::new().await;
    let receiver = Receiver::new(&world, |_, _, _| 200).await;
    append(&world, &[(1, 1)]).await;
    let store = world.tenant().await;
    let begin = async || store.begin_delivery_run(receiver.id).await.expect("the table responds");
    let BeginRun::Begun(run, state) = begin().await else { panic!("the lease is free") };
    receiver.run(&world).await;
    assert!(receiver.taken().is_empty(), "another run has the lease");
    let end = async || store.end_delivery_run(run, &state, NextRun::Check).await.expect("the table responds");
    assert!(matches!(end().await, EndRun::Again(_)), "the start is not lost");
    assert_eq!(end().await, EndRun::Ended);
    receiver.run(&world).await;
    assert_eq!(receiver.taken(), [(1, 1)]);
    // A run that crashes has its lease for 100 seconds.
    assert!(matches!(begin().await, BeginRun::Begun(..)));
    append(&world, &[(1, 2)]).await;
    receiver.run_after(&world, 99_000).await;
    assert_eq!(receiver.taken(), [(1, 1)]);
    receiver.run_after(&world, 1_000).await;
    assert_eq!(receiver.taken(), [(1, 1), (1, 2)]);
}

#[tokio::test]
async fn crashes_repeat_but_never_lose_or_reorder() {
    let faults =
        Faults { errors_before_percent: 3, errors_after_percent: 3, throttles_percent: 2, ..Faults::default() };
    let world = World::behind_proxy(faults).await;
    let seed = Arc::new(Mutex::new(1_u64));
    let random = {
        let seed = Arc::clone(&seed);
        move |sides: u64| {
            let mut seed = seed.lock().expect("no panic before");
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (*seed >> 33) % sides
        }
    };
    let fails = random.clone();
    let receiver = Receiver::new(&world, move |_, _, _| if fails(100) < 15 { 503 } else { 200 }).await;
    let mut crashes = 0;
    for number in 1..=12 {
        append(&world, &rounds(6, number..=number)).await;
        let run = world.run_delivery(world.delivery_to(receiver.id));
        match interrupt_after((random(100) < 60).then(|| random(120)), run).await {
            Some(result) => drop(result),
            None => crashes += 1,
        }
        world.clock.advance_millis(40_000);
    }
    for _ in 0..200 {
        world.clock.advance_millis(2 * MINUTE_MS);
        let _ = world.run_delivery(world.delivery_to(receiver.id)).await;
        world.deliver_webhooks().await;
    }
    assert!(crashes > 2, "{crashes} crashes");
    assert_complete(&receiver.taken(), 6, 12);
}
