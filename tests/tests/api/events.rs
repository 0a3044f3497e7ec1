//! The feed of events, and what the worker writes to the log.

use deskless_domain::{EventId, KeyKind, Scope};
use deskless_tests::{KeyOptions, TestResponse, World, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

const EVENTS: &str = "/api/v1/events";

/// Starts the log, and returns the position.
async fn start(world: &World) -> String {
    let page = world.server_key().get(&format!("{EVENTS}?after=latest")).await.expect(200);
    page["nextCursor"].as_str().expect("a cursor").to_owned()
}

/// Delivers all records, and returns the events after a position.
async fn events_after(world: &World, after: &str) -> Vec<Value> {
    let _ = world.drain_events().await;
    let page = world.server_key().get(&format!("{EVENTS}?after={after}&limit=100")).await.expect(200);
    assert_eq!(page["hasMore"], false);
    page["events"].as_array().expect("events").clone()
}

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().expect("a type")).collect()
}

#[tokio::test]
async fn feed_has_each_change_with_its_object_at_commit() {
    let world = World::new().await;
    let role = world.server_key();
    // Before the log, nothing is written.
    let _ = role.open(&minimal_conversation()).await;
    let _ = world.drain_events().await;
    assert!(!world.all_rows().await.iter().any(|row| row.letter() == Some("K")));
    let after = start(&world).await;

    let opened =
        role.open(&json!({ "channel": "live-chat", "subject": "A", "customer": { "id": "c1", "name": "Ada" } })).await;
    let path = format!("/api/v1/conversations/{}", opened["id"].as_str().expect("an id"));
    let first = role.post(&format!("{path}/messages"), &json!({ "body": "One" })).await.expect(201)["message"].clone();
    let _ = role.post(&format!("{path}/messages"), &json!({ "body": "A note", "type": "note" })).await.expect(201);
    let _ = role.patch(&path, &json!({ "status": "solved", "tags": ["vip"] })).await.expect(200);
    // The same values again are no event.
    let _ = role.patch(&path, &json!({ "tags": ["vip"] })).await.expect(200);
    let _ = role.post(&format!("{path}/read"), &json!({})).await.expect(200);
    let _ = role.patch("/api/v1/customers/c1", &json!({ "name": "Grace" })).await.expect(200);
    let message = format!("{path}/messages/{}", first["id"].as_str().expect("an id"));
    let _ = role.ask(Method::DELETE, &message).send().await.expect(204);

    let events = events_after(&world, &after).await;
    let mut of_customer = Vec::new();
    let mut of_conversation = Vec::new();
    for event in &events {
        let list = if event["conversationId"].is_null() { &mut of_customer } else { &mut of_conversation };
        list.push(event.clone());
    }
    assert_eq!(types(&of_customer), ["customer.created", "customer.updated"]);
    assert_eq!(of_customer[1]["changedFields"], json!(["name"]));
    assert_eq!(of_customer[1]["data"]["name"], "Grace");
    let expected = [
        "conversation.created",
        "message.created",
        "message.created",
        "conversation.updated",
        "conversation.updated",
        "message.deleted",
        "conversation.updated",
    ];
    assert_eq!(types(&of_conversation), expected, "{events:#?}");
    let sequences: Vec<_> = events.iter().map(|event| event["sequence"].as_u64().expect("a sequence")).collect();
    assert_eq!(sequences, (1..=events.len() as u64).collect::<Vec<_>>());
    assert_eq!(of_conversation[0]["data"]["customer"]["name"], "Ada");
    assert_eq!(of_conversation[0]["actor"]["type"], "api_key");
    assert!(of_conversation[0]["actor"]["id"].is_string());
    // The message was deleted, and with it the data of its event.
    assert_eq!(of_conversation[1]["data"], Value::Null);
    assert_eq!(of_conversation[2]["data"]["body"], "A note");
    assert_eq!(of_conversation[3]["changedFields"], json!(["status", "resolution", "tags"]));
    assert_eq!(of_conversation[3]["data"]["status"], "solved");
    assert_eq!(of_conversation[4]["changedFields"], json!(["unreadCount"]));
    assert_eq!(of_conversation[5]["data"]["id"], first["id"]);
    assert_eq!(of_conversation[6]["changedFields"], json!(["customer"]));

    // Delivered again, nothing is new.
    assert_eq!(events_after(&world, &after).await, events);
    let id = opened["id"].as_str().expect("an id");
    let page =
        role.get(&format!("{EVENTS}?types=message.created,message.deleted&conversationId={id}")).await.expect(200);
    assert_eq!(
        types(page["events"].as_array().expect("events")),
        ["message.created", "message.created", "message.deleted"]
    );
    world.assert_sound().await;
}

#[tokio::test]
async fn events_are_frozen_although_the_worker_is_late() {
    let world = World::new().await;
    let role = world.server_key();
    let after = start(&world).await;
    let opened = role.open(&json!({ "channel": "whatsapp", "subject": "A", "customer": { "id": "c1" } })).await;
    let path = format!("/api/v1/conversations/{}", opened["id"].as_str().expect("an id"));
    let sent = json!({ "body": "Hello", "role": "assistant" });
    let message = role.post(&format!("{path}/messages"), &sent).await.expect(201)["message"].clone();
    let report = format!("{path}/messages/{}", message["id"].as_str().expect("an id"));
    let _ = role.patch(&report, &json!({ "deliveryStatus": "sent", "externalId": "wamid.1" })).await.expect(200);
    let _ = role.patch(&report, &json!({ "deliveryStatus": "read" })).await.expect(200);
    let _ = role.patch(&path, &json!({ "priority": "high" })).await.expect(200);
    let events = events_after(&world, &after).await;
    let of = |wanted: &str| {
        let found: Vec<_> = events.iter().filter(|event| event["type"] == wanted).cloned().collect();
        found
    };
    let created = of("message.created");
    assert_eq!(created[0]["data"], message);
    let updated = of("message.updated");
    assert_eq!(updated.len(), 2);
    assert_eq!(updated[0]["changedFields"], json!(["deliveryStatus", "externalId"]));
    assert_eq!(updated[0]["data"]["deliveryStatus"], "sent");
    assert_eq!(updated[1]["data"]["deliveryStatus"], "read");
    assert_eq!(of("conversation.created")[0]["data"]["priority"], opened["priority"]);
}

#[tokio::test]
async fn long_fields_are_omitted() {
    let world = World::new().await;
    let role = world.server_key();
    world.limit_bodies(100_000).await;
    let after = start(&world).await;
    let metadata = json!({ "a": "x".repeat(2_000) });
    let opened = role
        .open(&json!({ "channel": "live-chat", "subject": "A", "customer": { "id": "c1" }, "metadata": metadata }))
        .await;
    let path = format!("/api/v1/conversations/{}/messages", opened["id"].as_str().expect("an id"));
    let _ = role.post(&path, &json!({ "body": "y".repeat(20_000) })).await.expect(201);
    let events = events_after(&world, &after).await;
    let conversation = events.iter().find(|event| event["type"] == "conversation.created").expect("an event");
    assert_eq!(conversation["omittedFields"], json!(["metadata"]));
    assert_eq!(conversation["data"].get("metadata"), None);
    let message = events.iter().find(|event| event["type"] == "message.created").expect("an event");
    assert_eq!(message["omittedFields"], json!(["body", "content"]));
    assert!(message["data"]["body"].as_str().is_some_and(|body| !body.is_empty() && body.len() < 20_000));
}

#[tokio::test]
async fn bad_positions_and_filters_are_refused() {
    let world = World::new().await;
    let role = world.server_key();
    let after = start(&world).await;
    let get = async |query: &str| -> TestResponse { role.get(&format!("{EVENTS}?{query}")).await };
    let foreign = world.other_workspace().get(&format!("{EVENTS}?after=latest")).await.expect(200);
    let foreign = foreign["nextCursor"].as_str().expect("a cursor").to_owned();
    for cursor in ["", "1", foreign.as_str(), "01890a5d-ac96-774b-bcce-b302099a8057"] {
        get(&format!("after={cursor}")).await.expect_problem(400, "invalid_cursor");
    }
    // Positions that the log has not come to, and ids of tests.
    let workspace = world.tenant().await.workspace_id();
    let id = |sequence| EventId::new(workspace, sequence).to_string();
    for sequence in [1, 7, EventId::MAX_SEQUENCE, EventId::MAX_SEQUENCE + 1, EventId::FIRST_TEST | 1] {
        get(&format!("after={}", id(sequence))).await.expect_problem(400, "invalid_cursor");
    }
    let problem = get("types=message.create").await.expect_problem(400, "invalid_request");
    assert!(problem["error"].as_str().is_some_and(|text| text.contains("message.created")), "{problem}");
    for query in
        ["types=", "types=file.ready,webhook_endpoint.test", "limit=0", "limit=101", "conversationId=1", "page=2"]
    {
        get(query).await.expect_problem(400, "invalid_request");
    }
    world.client_key().get(EVENTS).await.expect_problem(403, "forbidden");
    let options = KeyOptions { kind: KeyKind::Server, scopes: vec![Scope::ReadConversations], ..KeyOptions::default() };
    let other = world.make_key(options).await;
    world.with_key(&other).get(EVENTS).await.expect_problem(403, "forbidden");
    // Events expire.
    let _ = role.open(&minimal_conversation()).await;
    let _ = world.drain_events().await;
    let page = get(&format!("after={after}")).await.expect(200);
    let newest = page["events"].as_array().and_then(|events| events.last()?["sequence"].as_u64()).expect("events");
    let _ = get(&format!("after={}", id(newest))).await.expect(200);
    get(&format!("after={}", id(newest + 1))).await.expect_problem(400, "invalid_cursor");
    world.clock.advance_millis(31 * 24 * 60 * 60 * 1000);
    let problem = get(&format!("after={after}")).await.expect_problem(410, "cursor_expired");
    let oldest = problem["oldestCursor"].as_str().expect("the oldest position");
    assert!(problem["error"].as_str().is_some_and(|text| text.contains(oldest)), "{problem}");
    let page = get(&format!("after={oldest}")).await.expect(200);
    assert_eq!(page["events"], json!([]));
}

#[tokio::test]
async fn erasure_removes_the_data_of_events() {
    let world = World::new().await;
    let role = world.server_key();
    let after = start(&world).await;
    let customer = json!({ "id": "erasable-7", "name": "Zerelda", "email": "zerelda@example.com" });
    let opened = role.open(&json!({ "channel": "live-chat", "customer": customer, "subject": "Quibbledom" })).await;
    let path = format!("/api/v1/conversations/{}", opened["id"].as_str().expect("an id"));
    let _ = role.post(&format!("{path}/messages"), &json!({ "body": "Snollygoster" })).await.expect(201);
    let _ = world.drain_events().await;
    let words = ["zerelda", "erasable-7", "quibbledom", "snollygoster"];
    assert!(!world.traces(&words).await.is_empty());
    // Not delivered before the erasure.
    let _ = role.post(&format!("{path}/messages"), &json!({ "body": "Snollygoster" })).await.expect(201);
    let _ = role.ask(Method::DELETE, "/api/v1/customers/erasable-7").send().await.expect(202);
    let events = events_after(&world, &after).await;
    world.clock.advance_millis(120_000);
    let _ = world.drain_events().await;
    assert_eq!(world.traces(&words).await, Vec::<String>::new());
    assert!(types(&events).contains(&"customer.erased"));
    let events = events_after(&world, &after).await;
    let erased = events.iter().find(|event| event["type"] == "customer.erased").expect("an event");
    // The beginning of the SHA-256 of `erasable-7`.
    assert_eq!(erased["data"], json!({ "object": "customer", "idDigest": "27b07ba95c6888b3313358e881ffb6e8" }));
    for event in &events {
        let kept = matches!(event["type"].as_str(), Some("conversation.deleted" | "customer.erased"));
        assert_eq!(event["data"].is_null(), !kept, "{event:#}");
    }
}
