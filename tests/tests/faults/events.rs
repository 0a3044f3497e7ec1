//! The stream worker: records are delivered at least once and take effect once.

use std::sync::Arc;

use deskless_tests::{Delivery, DeliveryStats, Faults, Row, Worker, World, minimal_conversation, packed, record};
use serde_json::{Value, json};

use crate::support::{ALONE, at_once, run_removals, text};

/// The number of conversations that are changed over HTTP.
const REAL: usize = 20;
const PATCHES: usize = 10;
/// The number of conversations whose items are generated.
const MADE_UP: usize = 500;
const CHANGES: usize = 20;
/// The number of conversations that are changed in turns. This puts a conversation's records into few batches, so that
/// duplicates often arrive after newer records.
const IN_TURN: usize = 32;
/// The number of shards, each with its own worker. All records of a conversation are in one shard.
const SHARDS: usize = 4;

const STATUSES: [&str; 3] = ["open", "waiting", "solved"];

/// The records of the stream, in order.
#[derive(Default)]
struct Told([Vec<Value>; SHARDS]);

impl Told {
    /// Adds a change of the `i`th conversation.
    fn change(&mut self, i: usize, before: Option<&Row>, after: &Row) {
        let shard = &mut self.0[i % SHARDS];
        shard.push(record(shard.len(), before, Some(after)));
    }
}

/// Creates conversations and changes them in turns, over HTTP.
async fn real(world: &World, told: &mut Told) {
    let role = world.server_key();
    let mut rows = Vec::new();
    for i in 0..REAL {
        let id = text(&role.open(&minimal_conversation()).await, "id");
        let row = world.conversation_row(&id).await.expect("the conversation");
        told.change(i, None, &row);
        rows.push((format!("/api/v1/conversations/{id}"), row));
    }
    for change in 0..PATCHES {
        for (i, (path, row)) in rows.iter_mut().enumerate() {
            let _ = role.patch(path, &json!({ "status": STATUSES[(i + change * change) % 3] })).await.expect(200);
            let after = world.row(row.pk(), "A").await.expect("the conversation");
            told.change(i, Some(row), &after);
            *row = after;
        }
    }
}

/// Returns a conversation's item after this many changes. Every tenth is deleted by its last change.
fn made_up(world: &World, like: &Row, i: usize, change: usize) -> Row {
    let mut row = like.clone();
    let id = format!("019f0f63-6500-7232-afd6-{i:010}01");
    // A fixed, irregular sequence of statuses.
    let status = STATUSES[(i * 7 + change * change * 5 + i * change) % 3];
    row.0["pk"] = json!({ "S": world.pk("C", &id) });
    for attribute in ["activity", "orderMark"] {
        row.set(attribute, json!({ "S": packed(&id) }));
    }
    row.set("status", json!({ "S": status }));
    row.set("p1", json!({ "S": format!("{}#S#{status}#0", world.prefix()) }));
    row.set("version", json!({ "N": (change + 1).to_string() }));
    row.set("number", json!({ "N": (REAL + 1 + i).to_string() }));
    for attribute in ["closedAt", "resolution"] {
        row.set(attribute, Value::Null);
    }
    if status == "solved" {
        row.set("closedAt", json!({ "N": "1782669600000" }));
        row.set("resolution", json!({ "S": "resolved" }));
    }
    if change + 1 == CHANGES && i.is_multiple_of(10) {
        row.set("deletedAt", json!({ "N": "1782669600000" }));
        row.set("p1", json!({ "S": format!("{}#D", world.prefix()) }));
    }
    row
}

/// Writes generated conversations in their final state, and adds records for all their changes.
async fn plant(world: &World, told: &mut Told) {
    let rows = world.rows().await;
    let ours = format!("{}#C#", world.prefix());
    let like = rows.iter().find(|row| row.pk().starts_with(&ours)).expect("a conversation");
    let mut planted = Vec::new();
    for first in (0..MADE_UP).step_by(IN_TURN) {
        for change in 0..CHANGES {
            for i in first..MADE_UP.min(first + IN_TURN) {
                let before = change.checked_sub(1).map(|before| made_up(world, like, i, before));
                let after = made_up(world, like, i, change);
                told.change(i, before.as_ref(), &after);
                if change + 1 == CHANGES {
                    planted.push(after);
                }
            }
        }
    }
    let mut numbers = world.row(&format!("{}#N", world.prefix()), "A").await.expect("the numbers");
    numbers.0["last"] = json!({ "N": (REAL + MADE_UP).to_string() });
    planted.push(numbers);
    world.plant(&planted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_exact_despite_duplicates_and_failures() {
    let _alone = ALONE.lock().await;
    let world = Arc::new(World::behind_proxy(Faults::default()).await);
    world.disable_stream().await;
    let mut told = Told::default();
    real(&world, &mut told).await;
    plant(&world, &mut told).await;
    world.proxy().set_faults(Faults { errors_after_percent: 2, conflicts_percent: 5, ..Faults::default() });
    let drained = at_once(&world, SHARDS, |world, shard| {
        let records = told.0[shard].clone();
        let delivery = Delivery { duplicated_percent: 30, shuffled: true, failing_percent: 70 };
        async move { world.deliver(Worker::Events, records, delivery).await }
    })
    .await;
    world.proxy().set_faults(Faults::default());
    run_removals(&world).await;
    let sum = |of: fn(&DeliveryStats) -> usize| drained.iter().map(of).sum::<usize>();
    assert!(sum(|drained| drained.records) >= MADE_UP * CHANGES, "{drained:?}");
    assert!(sum(|drained| drained.interrupted) >= 10, "{drained:?}");
    world.assert_settled().await;
    let counts = world.server_key().get("/api/v1/conversations/counts").await.expect(200);
    assert_eq!(counts["counts"]["total"], REAL + MADE_UP - MADE_UP / 10, "{drained:?}: {counts}");
}
