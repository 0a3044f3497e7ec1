//! The counters equal a recount, however the records of changes are delivered.

use std::collections::BTreeSet;

use deskless_tests::{Row, Worker, World, interrupt_after, minimal_conversation, miscounted, packed, record};
use proptest::{collection::vec, prelude::*, sample::Index};
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

/// Records for one batch: of a conversation that is chosen, the next record, or an earlier one again.
type Picks = Vec<(Index, bool)>;

/// A batch that a worker gets, how often the worker waits in each delivery that is interrupted, what happens to the
/// batch after that, and a batch of other conversations that another worker gets at the same time.
type Step = (Picks, Vec<u64>, Repeated, Picks);

/// How a batch is delivered again after an interruption.
#[derive(Debug, Clone, Copy)]
enum Repeated {
    Whole,
    InHalves,
    /// With the next records of its conversations.
    Extended,
    /// By two workers at the same time.
    Twice,
}

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
    let picks = |most: usize| vec((any::<Index>(), proptest::bool::weighted(0.3)), 0..most);
    let repeated =
        proptest::sample::select(&[Repeated::Whole, Repeated::InHalves, Repeated::Extended, Repeated::Twice][..]);
    vec((picks(BATCH), vec(0..60_u64, 0..3), repeated, picks(BATCH / 2)), 0..12)
}

/// Returns the conversation's item in one of its versions, or its tombstone.
fn row(world: &World, like: &Row, number: usize, history: &Life, version: usize) -> Row {
    let id = |kind: u8, number: usize| packed(format!("019f0f63-6500-7232-afd6-{kind:02}{number:08}01"));
    let mut row = like.clone();
    row.set("pk", json!({ "S": format!("{}#C#{}", world.prefix(), id(1, number)) }));
    row.set("version", json!({ "N": (version + 1).to_string() }));
    let text = |value: Option<String>| value.map_or(Value::Null, |value| json!({ "S": value }));
    if let Some(Counted { status, assignee, inbox }) = history.0.get(version) {
        row.set("status", json!({ "S": STATUSES[*status] }));
        row.set("assigneeId", text(assignee.map(|which| id(2, which))));
        row.set("inboxId", text(inbox.map(|which| id(3, which))));
    } else {
        row.set("deletedAt", json!({ "N": "1782669600000" }));
    }
    row
}

/// Returns the records of a conversation's changes, and its item after them.
fn changes(world: &World, like: &Row, number: usize, history: &Life) -> (Vec<Value>, Row) {
    let versions = history.0.len() + usize::from(history.1);
    let rows: Vec<_> = (0..versions).map(|version| row(world, like, number, history, version)).collect();
    let records = (0..versions).map(|version| {
        let before = version.checked_sub(1).map(|before| &rows[before]);
        record(number * 10 + version, before, Some(&rows[version]))
    });
    (records.collect(), rows.into_iter().next_back().expect("a version"))
}

/// The records of all conversations, and how many of each were delivered. A stream delivers the records of one item in
/// order: a batch is repeated until it succeeds.
struct Stream {
    records: Vec<Vec<Value>>,
    delivered: Vec<usize>,
}

impl Stream {
    /// Returns a batch without records of the conversations in `others`, to which its own are added.
    fn batch(&mut self, picks: &Picks, others: &mut BTreeSet<usize>) -> Vec<Value> {
        let mut batch = Vec::new();
        let mut own = BTreeSet::new();
        for (which, again) in picks {
            let number = which.index(self.records.len());
            let (records, delivered) = (&self.records[number], &mut self.delivered[number]);
            if others.contains(&number) {
                continue;
            }
            own.insert(number);
            if *again && *delivered > 0 {
                batch.push(records[which.index(*delivered)].clone());
            } else if *delivered < records.len() {
                batch.push(records[*delivered].clone());
                *delivered += 1;
            }
        }
        others.extend(own);
        batch
    }
}

async fn deliver(world: &World, batch: &[Value]) {
    assert!(Box::pin(world.deliver_once(Worker::Events, batch)).await, "a record failed");
}

/// Delivers a batch until it succeeds.
async fn deliver_interrupted(
    world: &World,
    batch: &[Value],
    interruptions: &[u64],
    repeated: Repeated,
    next: &[Value],
) {
    for &waits in interruptions {
        let _ = interrupt_after(Some(waits), deliver(world, batch)).await;
    }
    match repeated {
        Repeated::Whole => deliver(world, batch).await,
        Repeated::InHalves => {
            let (first, second) = batch.split_at(batch.len() / 2);
            deliver(world, first).await;
            deliver(world, second).await;
        }
        Repeated::Extended => deliver(world, &[batch, next].concat()).await,
        Repeated::Twice => drop(tokio::join!(deliver(world, batch), deliver(world, batch))),
    }
}

#[test]
fn counters_equal_a_recount() {
    check_async(24, &(lives(), steps()), async |(lives, steps)| {
        let world = World::new().await;
        world.disable_stream().await;
        let id = world.server_key().open(&minimal_conversation()).await["id"].clone();
        let like = world.conversation_row(id.as_str().expect("an id")).await.expect("the conversation");
        world.expire(&like).await;
        let changes = lives.iter().enumerate().map(|(number, life)| changes(&world, &like, number, life));
        let (records, there): (Vec<_>, Vec<_>) = changes.unzip();
        let mut stream = Stream { delivered: vec![0; records.len()], records };
        for (picks, interruptions, repeated, picks_of_another) in &steps {
            let mut conversations = BTreeSet::new();
            let batch = stream.batch(picks, &mut conversations);
            let another = stream.batch(picks_of_another, &mut conversations);
            let next = match repeated {
                Repeated::Extended => stream.batch(picks, &mut BTreeSet::new()),
                _ => Vec::new(),
            };
            let interrupted = deliver_interrupted(&world, &batch, interruptions, *repeated, &next);
            let _ = tokio::join!(interrupted, deliver(&world, &another));
        }
        let left = stream.records.iter().zip(&stream.delivered).flat_map(|(records, &delivered)| &records[delivered..]);
        let left: Vec<_> = left.cloned().collect();
        for batch in left.chunks(BATCH) {
            deliver(&world, batch).await;
        }
        let mut rows = world.rows().await;
        rows.extend(there);
        let broken = miscounted(&rows);
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    });
}
