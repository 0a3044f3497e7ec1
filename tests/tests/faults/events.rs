//! The worker on the stream: at least once in, once in effect.

use deskless_tests::{Delivery, Faults, Row, World, minimal_conversation};
use serde_json::json;

use crate::support::{ALONE, text};

/// Conversations that are written past the API, each so often: the stream tells of every change.
const CONVERSATIONS: usize = 500;
const CHANGES: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn counters_equal_a_recount_after_10_000_events_with_30_percent_twice_and_failing_batches() {
    let _alone = ALONE.lock().await;
    let world = World::behind_proxy(Faults::default()).await;
    let id = text(&world.server_key().open(&minimal_conversation()).await, "id");
    let rows = world.rows().await;
    let first = rows.iter().find(|row| row.pk().ends_with(&id)).expect("a conversation").clone();
    let number: usize = 2;
    for change in 0..CHANGES {
        let planted: Vec<Row> = (0..CONVERSATIONS)
            .map(|i| {
                let mut row = first.clone();
                let id = format!("019f0f63-6500-7232-afd6-{i:010}01");
                // Where the status goes is the same in every run, and looks like chance.
                let status = ["open", "waiting", "solved"][(i * 7 + change * change * 5 + i * change) % 3];
                row.0["pk"] = json!({ "S": format!("W#{}#C#{id}", world.workspace) });
                for attribute in ["activity", "orderMark"] {
                    row.0[attribute] = json!({ "S": id });
                }
                row.0["status"] = json!({ "S": status });
                row.0["gsi1pk"] = json!({ "S": format!("W#{}#S#{status}#0", world.workspace) });
                row.0["version"] = json!({ "N": (change + 1).to_string() });
                row.0["number"] = json!({ "N": (number + i).to_string() });
                if status == "solved" {
                    row.0["closedAt"] = json!({ "N": "1782669600000" });
                    row.0["resolution"] = json!({ "S": "resolved" });
                }
                row
            })
            .collect();
        world.plant(&planted).await;
    }
    world.proxy().set_faults(Faults { errors_after_percent: 2, conflicts_percent: 5, ..Faults::default() });
    let delivery = Delivery { doubled_percent: 30, shuffled: true, failing_percent: 10 };
    let drained = world.drain_events_as(delivery).await;
    world.proxy().set_faults(Faults::default());
    assert!(drained.records >= CONVERSATIONS * CHANGES, "{drained:?}");
    let broken = deskless_tests::unsettled(&world.rows().await);
    assert!(broken.is_empty(), "{drained:?}: {broken:?}");
}
