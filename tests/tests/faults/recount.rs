//! A recount mends the counters while conversations change.

use std::slice;

use deskless_domain::Clock;
use deskless_store::{Operator, Recount, RecountStep, StoreError};
use deskless_tests::{Faults, Row, Worker, World, minimal_conversation, miscounted, record};
use http::Method;
use serde_json::{Value, json};

use crate::support::{CONVERSATIONS, text};

/// More than one step of a recount counts.
const CONVERSATIONS_THERE: usize = 130;

const STATUSES: [&str; 3] = ["open", "waiting", "solved"];

/// Creates conversations of different assignees, inboxes and statuses, and returns their paths.
async fn fill(world: &World) -> Vec<String> {
    let role = world.server_key();
    let member = json!({ "name": "Grace", "email": "grace@example.com" });
    let member = role.post("/api/v1/members", &member).await.expect(201)["member"]["id"].clone();
    let inbox = json!({ "name": "Support", "channel": "email" });
    let inbox = role.post("/api/v1/inboxes", &inbox).await.expect(201)["inbox"]["id"].clone();
    let mut paths = Vec::new();
    for i in 0..CONVERSATIONS_THERE {
        let mut body = minimal_conversation();
        body["status"] = json!(STATUSES[i % 3]);
        if i % 2 == 0 {
            body["inboxId"] = inbox.clone();
        }
        let opened = role.open(&body).await;
        let path = format!("{CONVERSATIONS}/{}", text(&opened, "id"));
        if i % 5 == 0 {
            let _ = role.patch(&path, &json!({ "assigneeId": member })).await.expect(200);
        }
        paths.push(path);
    }
    let _ = world.drain_events().await;
    world.assert_settled().await;
    paths
}

/// Makes the counters wrong: one is missing, the others are too high, and some counted states are missing.
async fn break_counters(world: &World) {
    let prefix = format!("{}#Z", world.prefix());
    let cells: Vec<Row> = world.rows().await.into_iter().filter(|row| row.pk() == prefix).collect();
    for (i, mut cell) in cells.into_iter().enumerate() {
        if i == 0 {
            world.expire(&cell).await;
        } else {
            cell.set("open", json!({ "N": "999" }));
            world.put(&cell).await;
        }
    }
    let states: Vec<Row> = world.rows().await.into_iter().filter(|row| row.sk() == "Z").collect();
    for state in states.iter().take(10) {
        world.expire(state).await;
    }
    assert!(!miscounted(&world.rows().await).is_empty());
}

async fn start(world: &World) -> Recount {
    let recount = Operator::new(world.store.clone()).start_recount(world.workspace).await.expect("a recount starts");
    let wait = recount.ready_at().as_millis() - world.clock.now().as_millis();
    assert!((0..=20_000).contains(&wait), "waits {wait} ms");
    world.clock.advance_millis(wait);
    recount
}

/// Changes, creates and deletes conversations, and delivers the records of every second round.
async fn change(world: &World, paths: &mut Vec<String>, round: usize) {
    let role = world.server_key();
    for (i, path) in paths.iter().enumerate().filter(|(i, _)| i % 7 == round % 7) {
        let body = json!({ "status": STATUSES[(i + round) % 3] });
        let _ = role.patch(path, &body).await.expect(200);
    }
    let gone = paths.swap_remove(round % paths.len());
    let _ = role.ask(Method::DELETE, &gone).send().await.expect(204);
    paths.push(role.open_path().await);
    if round.is_multiple_of(2) {
        let _ = world.drain_events().await;
    }
}

/// Takes the remaining steps, with changes in between. Returns the number of steps.
async fn finish(world: &World, mut recount: Recount, paths: &mut Vec<String>) -> usize {
    for round in 0.. {
        assert!(round < 100, "the recount never ends");
        change(world, paths, round).await;
        if recount.step().await.expect("a step succeeds") == RecountStep::Finished {
            return round;
        }
    }
    unreachable!("the rounds are endless");
}

async fn total(world: &World) -> Value {
    world.server_key().get(&format!("{CONVERSATIONS}/counts")).await.expect(200)["counts"]["total"].clone()
}

#[tokio::test]
async fn recount_mends_counters_during_changes() {
    let world = World::new().await;
    let mut paths = fill(&world).await;
    break_counters(&world).await;
    let recount = start(&world).await;
    assert!(finish(&world, recount, &mut paths).await >= 2);
    let _ = world.drain_events().await;
    world.assert_settled().await;
    assert_eq!(total(&world).await, paths.len());
    // Another process has cached the previous generation.
    let other = world.machine(deskless_tests::TestClock::new(9));
    other.clock.set(world.clock.now());
    let role = world.server_key().at(&other);
    assert_eq!(role.get(&format!("{CONVERSATIONS}/counts")).await.expect(200)["counts"]["total"], paths.len());
}

#[tokio::test]
async fn second_recount_is_refused_for_an_hour() {
    let world = World::new().await;
    let mut paths = fill(&world).await;
    break_counters(&world).await;
    let mut interrupted = start(&world).await;
    let _ = interrupted.step().await.expect("a step succeeds");
    drop(interrupted);
    let rows = world.rows().await.len();
    let operator = Operator::new(world.store.clone());
    let refused = operator.start_recount(world.workspace).await;
    let Err(StoreError::Busy(text)) = refused else { panic!("{refused:?}") };
    assert!(text.contains("is running since"), "{text}");
    assert_eq!(world.rows().await.len(), rows, "nothing has changed");
    let unknown = operator.start_recount(deskless_domain::WorkspaceId::from_bytes([1; 16])).await;
    assert!(matches!(unknown, Err(StoreError::NotFound)), "{unknown:?}");
    change(&world, &mut paths, 1).await;
    world.clock.advance_millis(3_600_000);
    let recount = start(&world).await;
    let _ = finish(&world, recount, &mut paths).await;
    let _ = world.drain_events().await;
    world.assert_settled().await;
    assert_eq!(total(&world).await, paths.len());
    // Once it is finished, another one may start.
    let recount = start(&world).await;
    let _ = finish(&world, recount, &mut paths).await;
    let _ = world.drain_events().await;
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recount_and_worker_count_a_conversation_once() {
    let world = World::behind_proxy(Faults::default()).await;
    let paths = fill(&world).await;
    let mut recount = start(&world).await;
    world.proxy().set_faults(Faults { conflicts_percent: 10, errors_after_percent: 3, ..Faults::default() });
    // The worker counts the same conversations at the same time.
    let mut records = Vec::new();
    for (i, path) in paths.iter().enumerate() {
        let id = path.rsplit('/').next().expect("an id");
        let before = world.conversation_row(id).await.expect("the conversation");
        let _ = world.server_key().patch(path, &json!({ "status": "waiting" })).await.expect(200);
        let after = world.conversation_row(id).await.expect("the conversation");
        records.push(record(i, Some(&before), Some(&after)));
    }
    let steps = async {
        loop {
            match recount.step().await {
                Ok(RecountStep::Counted(_)) => {}
                Ok(RecountStep::Finished) => return,
                // The step is repeated.
                Err(error) => assert!(matches!(error, StoreError::Unavailable(_)), "{error}"),
            }
        }
    };
    let worker = async {
        for record in &records {
            while !world.deliver_once(Worker::Events, slice::from_ref(record)).await {}
        }
    };
    let ((), ()) = tokio::join!(Box::pin(steps), Box::pin(worker));
    world.proxy().set_faults(Faults::default());
    let _ = world.drain_events().await;
    world.assert_settled().await;
}
