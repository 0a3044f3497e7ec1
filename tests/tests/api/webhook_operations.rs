//! Tests, attempts, replays, undelivered events and rotations of webhook endpoints over HTTP. What deliveries do is tested with them.

use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{
    webhook_deliveries::{HOUR_MS, MINUTE_MS, Receiver, append},
    webhook_endpoints::PATH,
};

const URL: &str = "https://hooks.example.com/a";
const UNKNOWN: &str = "01900000-0000-7000-8000-000000000001";

async fn endpoint(world: &World, body: &Value) -> String {
    let made = world.server_key().post(PATH, body).await.expect(201);
    format!("{PATH}/{}", made["webhookEndpoint"]["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn test_reaches_a_disabled_endpoint_and_is_listed() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = endpoint(&world, &json!({ "url": URL, "enabled": false, "eventTypes": ["file.ready"] })).await;
    let test = async || ours.ask(Method::POST, &format!("{path}/test")).send().await.expect(200)["attempt"].clone();
    let delivered = test().await;
    assert_eq!(
        (&delivered["delivered"], &delivered["status"], &delivered["eventId"]),
        (&json!(true), &json!(204), &Value::Null)
    );
    world.webhook_servers.respond_with(500);
    let failed = test().await;
    assert_eq!((&failed["delivered"], &failed["status"]), (&json!(false), &json!(500)));
    assert_eq!((&failed["attempt"], &failed["nextAttemptAt"]), (&json!(1), &Value::Null));
    assert_eq!(world.webhook_servers.take_calls().len(), 2);

    let listed = ours.get(&format!("{path}/attempts")).await.expect(200);
    assert_eq!(listed["attempts"], json!([failed, delivered]));
    let first = ours.get(&format!("{path}/attempts?limit=1")).await.expect(200);
    let cursor = first["nextCursor"].as_str().expect("a cursor");
    let second = ours.get(&format!("{path}/attempts?limit=1&cursor={cursor}")).await.expect(200);
    assert_eq!((&first["attempts"], &second["attempts"]), (&json!([failed]), &json!([delivered])));
    let other = endpoint(&world, &json!({ "url": URL })).await;
    let foreign = format!("{other}/attempts?cursor={cursor}");
    let _ = ours.get(&foreign).await.expect_problem(400, "invalid_cursor");
    let feed = ours.get("/api/v1/events").await.expect(200);
    assert_eq!(feed["events"], json!([]), "tests are not in the log");
    world.assert_sound().await;
}

#[tokio::test]
async fn invalid_replays_are_refused() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = format!("{}/replay", endpoint(&world, &json!({ "url": URL })).await);
    for (body, field) in [
        (json!({}), "eventId"),
        (json!({ "eventId": "x" }), "eventId"),
        (json!({ "eventId": UNKNOWN }), "eventId"),
        (json!({ "since": "yesterday" }), "since"),
        (json!({ "since": "2999-01-01T00:00:00Z" }), "since"),
        (json!({ "sinceSequence": -1 }), "sinceSequence"),
        (json!({ "sinceSequence": 0 }), "sinceSequence"),
        // There is no event yet.
        (json!({ "sinceSequence": 1 }), "sinceSequence"),
        (json!({ "sinceSequence": 1, "since": "2026-01-01T00:00:00Z" }), ""),
        (json!({ "until": 1 }), "until"),
    ] {
        let _ = ours.post(&path, &body).await.expect_invalid(&[field]);
    }
    let workspace = world.tenant().await.workspace_id();
    let missing = deskless_domain::EventId::new(workspace, 99).to_string();
    let _ = ours.post(&path, &json!({ "eventId": missing })).await.expect_invalid(&["eventId"]);
    let _ = ours.open_path().await;
    let _ = world.drain_events().await;
    let newest = ours.get("/api/v1/events?after=latest").await.expect(200)["nextCursor"].clone();
    let newest = deskless_domain::EventId::parse(newest.as_str().expect("a cursor")).expect("an id").position();
    let _ = ours.post(&path, &json!({ "sinceSequence": newest + 1 })).await.expect_invalid(&["sinceSequence"]);
    let ask =
        || ours.ask(Method::POST, &path).header("idempotency-key", "k").json(&json!({ "sinceSequence": 1 })).send();
    let first = ask().await.expect(200);
    assert_eq!(first["firstSequence"], 1);
    let again = ask().await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.expect(200), first);
    let unknown = format!("{PATH}/{UNKNOWN}");
    for operation in ["test", "replay"] {
        let body = if operation == "replay" { json!({ "sinceSequence": 1 }) } else { json!({}) };
        let _ = ours.post(&format!("{unknown}/{operation}"), &body).await.expect_problem(404, "not_found");
    }
    for list in ["attempts", "undelivered"] {
        let _ = ours.get(&format!("{unknown}/{list}")).await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn new_endpoint_gets_what_follows_and_lists_what_it_has_not_taken() {
    let world = World::new().await;
    let ours = world.server_key();
    let _ = ours.get("/api/v1/events").await.expect(200);
    let _ = ours.open_path().await;
    let _ = world.drain_events().await;
    let path = endpoint(&world, &json!({ "url": URL })).await;
    world.webhook_servers.respond_with(500);
    let opened = ours.open_path().await;
    let _ = ours.post(&format!("{opened}/messages"), &json!({ "body": "Hi" })).await.expect(201);
    let _ = world.drain_events().await;
    world.deliver_webhooks().await;

    let undelivered = async |query: &str| ours.get(&format!("{path}/undelivered{query}")).await.expect(200);
    let page = undelivered("").await;
    let events = page["undeliveredEvents"].as_array().expect("an array").clone();
    assert!(events.len() >= 2, "{page:#}");
    let conversation = opened.rsplit('/').next().expect("an id");
    for (index, event) in events.iter().enumerate() {
        let (reason, attempts) = if index == 0 { ("retrying", 1) } else { ("held_back", 0) };
        assert_eq!((&event["reason"], &event["attempts"]), (&json!(reason), &json!(attempts)), "{event:#}");
        assert_eq!((&event["conversationId"], event["nextAttemptAt"].is_string()), (&json!(conversation), index == 0));
        assert!(event["type"].is_string(), "{event:#}");
    }
    assert_eq!((&page["behind"], &page["hasMore"]), (&json!(0), &json!(false)));
    let (mut paged, mut query) = (Vec::new(), "?limit=1".to_owned());
    loop {
        let page = undelivered(&query).await;
        paged.extend(page["undeliveredEvents"].as_array().expect("an array").clone());
        let Some(next) = page["nextCursor"].as_str() else { break };
        query = format!("?limit=1&cursor={next}");
    }
    assert_eq!(paged, events);

    world.webhook_servers.respond_with(204);
    let _ = world.webhook_servers.take_calls();
    let off = ours.patch(&path, &json!({ "enabled": false })).await.expect(200);
    assert_eq!(off["webhookEndpoint"]["disabledReason"], "request");
    let _ = ours.patch(&opened, &json!({ "priority": "high" })).await.expect(200);
    let _ = world.drain_events().await;
    world.deliver_webhooks().await;
    assert_eq!(world.webhook_servers.take_calls().len(), 0);
    // Enabling it starts a delivery of everything that it has missed.
    let _ = ours.patch(&path, &json!({ "enabled": true })).await.expect(200);
    world.deliver_webhooks().await;
    let sent = world.webhook_servers.take_calls().len();
    assert_eq!(undelivered("").await["undeliveredEvents"], json!([]));
    assert!(sent > events.len(), "{sent} events, with the update");
    world.assert_sound().await;
}

#[tokio::test]
async fn both_secrets_sign_for_a_day_after_a_rotation() {
    let world = World::new().await;
    let receiver = Receiver::new(&world, |_, _, _| 200).await;
    let path = format!("{PATH}/{}/rotate-secret", receiver.id);
    let rotated = world.server_key().post(&path, &json!({})).await.expect(200);
    let new = rotated["secret"].as_str().expect("a secret").to_owned();
    let signatures = async |number| {
        append(&world, &[(1, number)]).await;
        receiver.run(&world).await;
        let calls = world.webhook_servers.take_calls();
        assert_eq!(calls.len(), 1, "{calls:?}");
        let count = calls[0].header("webhook-signature").split(' ').count();
        (calls[0].is_signed_with(&receiver.secret), calls[0].is_signed_with(&new), count)
    };
    assert_eq!(signatures(1).await, (true, true, 2));
    world.clock.advance_millis(24 * HOUR_MS - MINUTE_MS);
    assert_eq!(signatures(2).await, (true, true, 2));
    world.clock.advance_millis(2 * MINUTE_MS);
    assert_eq!(signatures(3).await, (false, true, 1));
}
