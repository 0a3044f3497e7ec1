//! Erasing a customer with many interruptions.

use deskless_tests::{Delivery, Faults, World};
use http::Method;
use serde_json::json;

use crate::support::{CONVERSATIONS, post, text};

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
    let delivery = Delivery { failing_percent: 70, duplicated_percent: 20, shuffled: true };
    let stats = world.drain_events_as(delivery).await;
    world.proxy().set_faults(Faults::default());
    // Whatever was parked or given up is resumed by its next record.
    let _ = world.drain_events().await;
    let broken = world.proxy().take_meter().disturbed;
    assert!(stats.interrupted >= 50, "only {} of {} batches were interrupted", stats.interrupted, stats.batches);
    assert!(broken >= 20, "only {broken} requests were disturbed");
    let left = world.traces(&WORDS).await;
    assert!(left.is_empty(), "after {} interruptions: {}", stats.interrupted, left.join("\n"));
    world.clock.advance_millis(61_000);
    let gone = world.server_key().get("/api/v1/customers/zid%40example.com").await;
    let _ = gone.expect_problem(404, "not_found");
    world.assert_settled().await;
}
