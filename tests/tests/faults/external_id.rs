use std::{collections::HashSet, sync::Arc};

use deskless_tests::World;
use serde_json::json;

use crate::support::{CONVERSATIONS, all, at_once, post, text};

const CREATORS: usize = 64;
/// 200 rounds in total, ten per world. The engine counts all stream records to number the next one, so a table gets
/// slower with each write.
const WORLDS: usize = 20;
const ROUNDS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_64_concurrent_creators_wins() {
    let _alone = crate::support::ALONE.lock().await;
    for _ in 0..WORLDS {
        contend().await;
    }
}

async fn contend() {
    let world = Arc::new(World::new().await);
    let theirs = world.foreign_rows().await;
    let mut winners = HashSet::new();
    for round in 0..ROUNDS {
        world.clock.advance_millis(7);
        let answers = at_once(&world, CREATORS, |world, creator| async move {
            // In every other round, all creators also create the same new customer.
            let customer = if round % 2 == 0 { format!("cus_{round}") } else { format!("cus_{round}_{creator}") };
            let body = json!({
                "externalId": format!("ticket_{round}"),
                "subject": format!("Creator {creator}"),
                "customer": { "id": customer },
            });
            post(world.server_key(), CONVERSATIONS, None, &body).await
        })
        .await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
        assert_eq!((won.len(), lost.len()), (1, CREATORS - 1), "in round {round}");
        for answer in lost {
            let _ = answer.expect_problem(409, "external_id_exists");
        }
        winners.extend(won.into_iter().map(|answer| text(&answer.expect(201)["conversation"], "id")));
    }
    let listed = all(&world.server_key(), CONVERSATIONS, "conversations").await;
    assert_eq!(listed.len(), ROUNDS);
    assert_eq!(listed.iter().map(|row| text(row, "id")).collect::<HashSet<_>>(), winners);
    let customers = world.rows().await.iter().filter(|row| row.pk().contains("#U#")).count();
    assert_eq!(customers, ROUNDS, "losing creators left customers behind");
    assert_eq!(world.foreign_rows().await, theirs);
    world.assert_sound().await;
}
