use std::{collections::HashSet, sync::Arc};

use deskless_tests::World;
use serde_json::json;

use crate::support::{CONVERSATIONS, all, at_once, post};

const CREATORS: usize = 64;
const ROUNDS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_creators_of_one_external_id_one_wins_each_round() {
    let world = Arc::new(World::new().await);
    let theirs = world.foreign_rows().await;
    let mut winners = HashSet::new();
    for round in 0..ROUNDS {
        world.clock.advance_millis(7);
        let answers = at_once(&world, CREATORS, |world, creator| async move {
            // In every other round the creators also meet in the record of one new customer.
            let customer = if round % 2 == 0 { format!("cus_{round}") } else { format!("cus_{round}_{creator}") };
            let body = json!({
                "externalId": format!("ticket_{round}"), "subject": format!("Creator {creator}"), "customer": { "id": customer },
            });
            post(world.server_key(), CONVERSATIONS, None, &body).await
        })
        .await;
        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
        assert_eq!((won.len(), lost.len()), (1, CREATORS - 1), "in round {round}");
        for answer in lost {
            let _ = answer.expect_problem(409, "external_id_exists");
        }
        let winner = won.into_iter().next().expect("one won").expect(201)["conversation"].clone();
        winners.insert(winner["id"].as_str().expect("an id").to_owned());
    }
    let listed = all(&world.server_key(), CONVERSATIONS, "conversations").await;
    let listed: HashSet<_> = listed.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect();
    assert_eq!(listed.len(), ROUNDS);
    assert_eq!(listed, winners);
    let customers = world.rows().await.iter().filter(|row| row.pk().contains("#U#")).count();
    assert_eq!(customers, ROUNDS, "those who lost left customers behind");
    assert_eq!(world.foreign_rows().await, theirs);
    world.assert_sound().await;
}
