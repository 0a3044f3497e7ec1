//! Sweeps that fail, are interrupted, run beside each other, or find more than they can do.

use std::{
    collections::BTreeMap,
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use deskless_domain::{Clock, WebhookEndpointId, WorkspaceId};
use deskless_store::{DeliveryTarget, DueFeed, StartDelivery, StoreError};
use deskless_tests::{Faults, Row, World, minimal_conversation, packed};
use deskless_timers::{Limits, Report, sweep};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::support::ALONE;

const HOUR: i64 = 3_600_000;

/// Writes snoozed conversations that end within the next hour, spread over the shards of the index.
async fn plant_snoozed(world: &World, count: usize) {
    let mut body = minimal_conversation();
    body["snoozedUntil"] = json!(world.clock.now().plus_seconds(3600).to_string());
    let model = world.server_key().open(&body).await["id"].as_str().expect("an id").to_owned();
    world.copy_conversation(&model, count - 1, 1, |_| "open").await;
    let mut rows = snoozed(world).await;
    assert_eq!(rows.len(), count);
    for (index, row) in rows.iter_mut().enumerate() {
        row.set("p5", json!({ "S": format!("T#{}", index % 4) }));
    }
    world.plant(&rows).await;
}

async fn snoozed(world: &World) -> Vec<Row> {
    world.rows().await.into_iter().filter(|row| row.has("p5") && row.letter() == Some("C")).collect()
}

/// Checks that each conversation has got exactly one change.
async fn assert_each_ended_once(world: &World, count: usize) {
    let rows = world.rows().await;
    let conversations: Vec<_> = rows.iter().filter(|row| row.letter() == Some("C") && row.sk() == "A").collect();
    assert_eq!(conversations.len(), count);
    for row in conversations {
        assert_eq!(row.get("v"), Some("2"), "{}", row.pk());
        assert!(!row.has("snoozedUntil") && !row.has("due") && !row.has("p5"), "{}", row.pk());
    }
}

/// Runs a sweep that ends after it has waited this often. Returns its report if it was faster.
async fn interrupted(mut waits: usize, sweep: impl Future<Output = Report>) -> Option<Report> {
    let mut sweep = pin!(sweep);
    poll_fn(|context| match sweep.as_mut().poll(context) {
        Poll::Ready(report) => Poll::Ready(Some(report)),
        Poll::Pending if waits == 0 => Poll::Ready(None),
        Poll::Pending => {
            waits -= 1;
            Poll::Pending
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn thousand_snoozes_of_a_minute_end_in_one_sweep() {
    let world = World::new().await;
    world.disable_stream().await;
    plant_snoozed(&world, 1_000).await;
    world.clock.advance_millis(HOUR);
    let started = std::time::Instant::now();
    let swept = world.run_timers().await;
    println!("1,000 snoozes ended in {:?}", started.elapsed());
    assert_eq!((swept.found, swept.ended, swept.failed, swept.left), (1_000, 1_000, 0, 0));
    assert_each_ended_once(&world, 1_000).await;
}

/// Sweeps at once, some of which end in the middle, while requests are refused, cut and lost.
#[tokio::test(flavor = "multi_thread")]
async fn sweeps_under_faults_end_each_snooze_once() {
    const COUNT: usize = 150;
    let _alone = ALONE.lock().await;
    let world = World::behind_proxy(Faults::default()).await;
    world.disable_stream().await;
    plant_snoozed(&world, COUNT).await;
    world.clock.advance_millis(HOUR);
    world.proxy().set_faults(Faults {
        conflicts_percent: 10,
        throttles_percent: 5,
        errors_before_percent: 5,
        errors_after_percent: 10,
        cuts_percent: 5,
        ..Faults::default()
    });
    let (mut interruptions, mut ended) = (0, 0);
    for round in 0..60 {
        let stopped = interrupted(20 + round * 10, world.run_timers()).await;
        interruptions += usize::from(stopped.is_none());
        if round % 3 == 2 {
            let (first, second) = tokio::join!(world.run_timers(), world.run_timers());
            ended += first.ended + second.ended;
        }
        if snoozed(&world).await.is_empty() {
            break;
        }
    }
    world.proxy().set_faults(Faults::default());
    assert_eq!(world.run_timers().await.failed, 0);
    println!("{interruptions} sweeps were interrupted; two at once ended {ended}");
    assert!(interruptions > 0, "no sweep was interrupted");
    assert_each_ended_once(&world, COUNT).await;
}

/// A workspace with many items that have been due for longer delays nobody else's.
#[tokio::test(flavor = "multi_thread")]
async fn busy_workspace_does_not_starve_others() {
    let world = World::new().await;
    world.disable_stream().await;
    plant_snoozed(&world, 600).await;
    world.clock.advance_millis(10_000);
    let mut body = minimal_conversation();
    body["snoozedUntil"] = json!(world.clock.now().plus_seconds(3600).to_string());
    let theirs = world.other_workspace().open(&body).await["id"].as_str().expect("an id").to_owned();
    world.clock.advance_millis(2 * HOUR);
    // Small pages and a small share: theirs is behind many pages.
    let limits = Limits { share: 100, page: Some(20), ..Limits::default() };
    let first = world.run_timers_within(limits).await;
    let path = format!("/api/v1/conversations/{theirs}");
    let shown = world.other_workspace().get(&path).await.expect(200);
    assert_eq!(shown["conversation"]["snoozedUntil"], Value::Null, "{first:?}");
    assert_eq!((first.found, first.ended, first.left), (601, 101, 500));
    // No time is left for anything, and nothing is lost.
    let none = world.run_timers_within(Limits { time: Duration::ZERO, page: Some(20), ..limits }).await;
    assert!(none.ended == 0 && none.left > 0, "{none:?}");
    let mut sweeps = 0;
    while !snoozed(&world).await.is_empty() {
        assert_eq!(world.run_timers_within(limits).await.failed, 0);
        sweeps += 1;
    }
    assert_eq!(sweeps, 5);
    assert_eq!(world.run_timers().await.found, 0);
}

/// Counts the deliveries that it is asked for, and refuses those of one endpoint.
#[derive(Debug, Default)]
struct Started {
    counts: Mutex<BTreeMap<(WorkspaceId, DeliveryTarget), usize>>,
    refused: Mutex<Option<DeliveryTarget>>,
}

impl StartDelivery for Started {
    fn start<'a>(
        &'a self,
        workspace: WorkspaceId,
        target: &'a DeliveryTarget,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let is_refused = self.refused.lock().expect("the lock").as_ref() == Some(target);
        if !is_refused {
            *self.counts.lock().expect("the lock").entry((workspace, target.clone())).or_default() += 1;
        }
        let result = if is_refused { Err(StoreError::Internal("refused".to_owned())) } else { Ok(()) };
        Box::pin(async move { result })
    }
}

/// Each target is started once, however many of its items are due, and one that fails holds back no other.
#[tokio::test]
async fn due_deliveries_are_started_once_for_each_target() {
    let world = World::new().await;
    let item = |sk: &str, pk: &str, at: i64| {
        let due = world.clock.now().as_millis() + at;
        Row(json!({
            "pk": { "S": pk }, "sk": { "S": sk }, "f": { "N": "2" }, "p5": { "S": "T#1" }, "due": { "N": due.to_string() },
        }))
    };
    let ids: Vec<_> = (0..3).map(|_| WebhookEndpointId::generate(&*world.clock)).collect();
    let of = |id: WebhookEndpointId| format!("{}#V#N#{}", world.prefix(), packed(id));
    let call = format!("{}#{}#2", packed(ids[0]), packed(ids[1]));
    world
        .plant(&[
            item("A", &of(ids[0]), -1_000),
            item("H#one", &of(ids[0]), -900_000),
            item("H#two", &of(ids[0]), -800_000),
            item("A", &of(ids[1]), -1_000),
            item("A", &of(ids[2]), 60_000),
            item(&call, &format!("{}#V#Q", world.prefix()), -1_000),
            item("A", &format!("{}#V#Z", world.prefix()), -1_000),
        ])
        .await;
    let started = Arc::new(Started::default());
    let target = |id: WebhookEndpointId| DeliveryTarget::Endpoint { id };
    *started.refused.lock().expect("the lock") = Some(target(ids[1]));
    let feed = DueFeed::new(world.store.clone().with_deliveries(Some(Arc::clone(&started) as Arc<dyn StartDelivery>)));
    let report = sweep(&feed, Limits::default()).await;
    assert_eq!((report.found, report.started, report.obsolete, report.failed, report.unknown), (5, 2, 2, 1, 1));
    assert_eq!(report.late_seconds, 900);
    let counts = started.counts.lock().expect("the lock").clone();
    assert_eq!(counts.values().collect::<Vec<_>>(), [&1, &1], "{counts:?}");
    assert!(counts.contains_key(&(world.workspace, target(ids[0]))));
    *started.refused.lock().expect("the lock") = None;
    let again = sweep(&feed, Limits::default()).await;
    assert_eq!((again.started, again.failed), (3, 0), "what is still due is started again");
}
