//! The counters equal a recount, however the records of changes are delivered.

use deskless_tests::{Row, Worker, World, interrupt_after, minimal_conversation, miscounted, packed, record};
use proptest::{collection::vec, option, prelude::*, sample::Index};
use serde_json::{Value, json};

use crate::support::check_async;

const STATUSES: [&str; 3] = ["open", "waiting", "solved"];
/// A stream delivers at most this many records at once.
const BATCH: usize = 50;

/// What a conversation is counted as in one of its versions.
#[derive(Debug, Clone, Copy)]
struct Counted {
    status: usize,
    assignee: Option<usize>,
    inbox: Option<usize>,
}

/// A conversation: its versions, and whether it is deleted after them.
type Life = (Vec<Counted>, bool);

/// A delivery of some records, which ends when it would wait more often than this, and another one at the same time.
type Step = (Vec<Index>, Option<u64>, Option<Vec<Index>>);

fn counted(cells: usize) -> impl Strategy<Value = Counted> {
    let any_of = move || (0..cells).prop_map(|which| which.checked_sub(1));
    (0..3_usize, any_of(), any_of()).prop_map(|(status, assignee, inbox)| Counted { status, assignee, inbox })
}

fn lives() -> impl Strategy<Value = Vec<Life>> {
    // Often in one cell, whose list of changes becomes long enough to be shortened.
    prop_oneof![Just(1_usize), Just(3_usize)]
        .prop_flat_map(|cells| vec((vec(counted(cells), 1..4), proptest::bool::weighted(0.2)), 1..70))
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let some = || vec(any::<Index>(), 1..BATCH);
    vec((some(), option::of(0..60_u64), option::weighted(0.3, some())), 0..10)
}

/// Returns the conversation's item in one of its versions, or its tombstone.
fn row(world: &World, like: &Row, number: usize, life: &Life, version: usize) -> Row {
    let id = |kind: u8, number: usize| packed(format!("019f0f63-6500-7232-afd6-{kind:02}{number:08}01"));
    let mut row = like.clone();
    row.set("pk", json!({ "S": format!("{}#C#{}", world.prefix(), id(1, number)) }));
    row.set("version", json!({ "N": (version + 1).to_string() }));
    let text = |value: Option<String>| value.map_or(Value::Null, |value| json!({ "S": value }));
    match life.0.get(version) {
        Some(Counted { status, assignee, inbox }) => {
            row.set("status", json!({ "S": STATUSES[*status] }));
            row.set("assigneeId", text(assignee.map(|which| id(2, which))));
            row.set("inboxId", text(inbox.map(|which| id(3, which))));
        }
        None => {
            row.set("deletedAt", json!({ "N": "1782669600000" }));
            row.set("purged", json!({ "N": "0" }));
        }
    }
    row
}

/// Returns the records of a conversation's changes, and its item after them.
fn changes(world: &World, like: &Row, number: usize, life: &Life) -> (Vec<Value>, Row) {
    let versions = life.0.len() + usize::from(life.1);
    let rows: Vec<_> = (0..versions).map(|version| row(world, like, number, life, version)).collect();
    let records = (0..versions).map(|version| {
        let before = version.checked_sub(1).map(|before| &rows[before]);
        record(number * 10 + version, before, Some(&rows[version]))
    });
    (records.collect(), rows.into_iter().next_back().expect("a version"))
}

#[test]
fn counters_equal_a_recount() {
    check_async(20, &(lives(), steps()), async |(lives, steps)| {
        let world = World::new().await;
        world.disable_stream().await;
        let id = world.server_key().open(&minimal_conversation()).await["id"].clone();
        let like = world.conversation_row(id.as_str().expect("an id")).await.expect("the conversation");
        world.expire(&like).await;
        let changes: Vec<_> =
            lives.iter().enumerate().map(|(number, life)| changes(&world, &like, number, life)).collect();
        let records: Vec<Value> = changes.iter().flat_map(|(records, _)| records.clone()).collect();
        let batch = |which: &[Index]| which.iter().map(|which| which.get(&records).clone()).collect::<Vec<_>>();
        for (which, waits, concurrent) in &steps {
            // Stale and repeated records, in any order.
            let (batch, concurrent) = (batch(which), concurrent.as_deref().map(batch));
            let interrupted = interrupt_after(*waits, Box::pin(world.deliver_once(Worker::Events, &batch)));
            let other = async {
                match &concurrent {
                    Some(batch) => world.deliver_once(Worker::Events, batch).await,
                    None => true,
                }
            };
            let (done, other) = tokio::join!(interrupted, Box::pin(other));
            assert!(done != Some(false) && other, "a record failed");
        }
        // The stream delivers every record until a delivery succeeds.
        for batch in records.chunks(BATCH) {
            assert!(world.deliver_once(Worker::Events, batch).await, "a record failed");
        }
        let mut rows = world.rows().await;
        rows.extend(changes.into_iter().map(|(_, row)| row));
        let broken = miscounted(&rows);
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    });
}
