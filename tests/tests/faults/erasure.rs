//! Erasing a customer with many interruptions.

use std::sync::Arc;

use deskless_tests::{Delivery, Faults, World};
use http::Method;
use serde_json::json;

use crate::support::{CONVERSATIONS, at_once, post, text};

const WORDS: [&str; 6] = ["zid@example.com", "Zname", "zmail", "Zsubject", "zbody", "zmeta"];

/// Creates a customer with conversations. Each request has an idempotency key.
async fn fill(world: &World, conversations: usize) {
    let role = || world.server_key();
    let customer =
        json!({ "id": WORDS[0], "name": "Zname", "email": "zmail@example.com", "metadata": { "a": "zmeta" } });
    for key in ["a", "b", "c"] {
        let written = post(role(), "/api/v1/customers", Some(key), &customer).await;
        assert!(written.status.is_success(), "{written:?}");
    }
    for i in 0..conversations {
        let body = json!({ "subject": "Zsubject", "externalId": format!("zid@example.com-{i}"), "customer": { "id": WORDS[0] } });
        let opened = post(role(), CONVERSATIONS, Some(&i.to_string()), &body).await.expect(201);
        let messages = format!("{CONVERSATIONS}/{}/messages", text(&opened["conversation"], "id"));
        for key in ["a", "b"] {
            let _ = post(role(), &messages, Some(key), &json!({ "body": "zbody" })).await.expect(201);
        }
    }
    let _ = world.drain_events().await;
}

#[tokio::test]
async fn erasure_completes_after_50_interruptions() {
    let world = World::behind_proxy(Faults::default()).await;
    fill(&world, 120).await;
    // Half of the connections break before the engine receives the request, half after it has handled it.
    world.proxy().set_faults(Faults {
        cuts_percent: 3,
        conflicts_percent: 5,
        throttles_percent: 2,
        ..Faults::default()
    });
    loop {
        let erased = world.server_key().ask(Method::DELETE, "/api/v1/customers/zid%40example.com").send().await;
        if erased.status == 202 {
            break;
        }
        assert_eq!(erased.status, 503, "{erased:?}");
    }
    let delivery = Delivery { failing_percent: 95, duplicated_percent: 20, shuffled: true };
    let stats = world.drain_events_as(delivery).await;
    world.proxy().set_faults(Faults::default());
    // Whatever was parked or given up is resumed by its next record.
    let _ = world.drain_events().await;
    let broken = world.proxy().take_meter().disturbed;
    assert!(stats.interrupted >= 25, "only {} of {} batches were interrupted", stats.interrupted, stats.batches);
    let interruptions = stats.interrupted + broken;
    assert!(interruptions >= 50, "only {interruptions} interruptions of workers and connections");
    let left = world.traces(&WORDS).await;
    assert!(left.is_empty(), "after {} interruptions: {}", stats.interrupted, left.join("\n"));
    world.clock.advance_millis(61_000);
    let gone = world.server_key().get("/api/v1/customers/zid%40example.com").await;
    let _ = gone.expect_problem(404, "not_found");
    world.assert_settled().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn update_racing_with_erasure_is_never_a_fault() {
    let world = Arc::new(World::behind_proxy(Faults { conflicts_percent: 10, ..Faults::default() }).await);
    for round in 0..15 {
        let path = format!("/api/v1/customers/c{round}");
        let customer = json!({ "id": format!("c{round}"), "email": format!("c{round}@example.com") });
        let _ = post(world.server_key(), "/api/v1/customers", None, &customer).await.expect(201);
        let answers = at_once(&world, 6, |world, i| {
            let (path, customer) = (path.clone(), customer.clone());
            async move {
                let role = world.server_key();
                match i {
                    2 => role.ask(Method::DELETE, &path).send_now().await,
                    3 => post(role, "/api/v1/customers", Some(&format!("k{round}")), &customer).await,
                    4 => {
                        // As DynamoDB does when an erased customer's item has expired.
                        let rows = world.rows().await;
                        let erasing = rows.iter().find(|row| row.letter() == Some("U") && row.has("erasingSince"));
                        if let Some(row) = erasing {
                            world.expire(row).await;
                        }
                        role.get(&path).await
                    }
                    _ => {
                        let change = json!({ "email": format!("c{round}-{i}@example.com") });
                        role.ask(Method::PATCH, &path).json(&change).send_now().await
                    }
                }
            }
        })
        .await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        assert!(
            statuses.iter().all(|status| matches!(status, 200 | 201 | 202 | 404 | 409)),
            "round {round}: {statuses:?}"
        );
    }
    let _ = world.drain_events().await;
    world.assert_sound().await;
}
