//! Calls each operation in every way in which it asks something of the table or the buckets.

use std::collections::BTreeSet;

use deskless_domain::Clock;
use deskless_tests::{Delivery, Worker, World, download, example_conversation, minimal_conversation, packed, unpacked};
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/conversations";

/// What the operations of `conversations` ask of the table, each in every way in which it can.
pub async fn conversations(world: &World) {
    let ours = world.server_key();
    let path = ours.open_path().await;
    let _ = ours.open(&minimal_conversation()).await;
    let mut known = example_conversation();
    known["customer"]["company"] = json!("Another Co");
    let ask = ours.ask(Method::POST, PATH).header("idempotency-key", "k");
    let _ = ask.json(&known).send().await.expect(201);
    for query in [
        "",
        "?status=open",
        "?customerId=cus_123",
        "?channel=api&order=asc",
        "?assigneeId=01900000-0000-7000-8000-000000000001",
        "?sort=createdAt",
        "?updatedAfter=2026-06-28T18:00:00Z",
    ] {
        let _ = ours.get(&format!("{PATH}{query}")).await.expect(200);
    }
    let _ = ours.patch(&path, &json!({ "status": "solved" })).await.expect(200);
    let large = json!({ "metadata": { "k": "x".repeat(2000) } });
    let _ = ours.patch(&path, &large).await.expect(200);
    let _ = ours.get(&path).await.expect(200);
    let _ = ours.get(PATH).await.expect(200);
    let _ = ours.post(&format!("{path}/resolve"), &json!({})).await.expect(200);
    let mut long = minimal_conversation();
    long["message"] = json!({ "body": "語".repeat(4_000) });
    let long = ours.open(&long).await;
    let long = format!("{PATH}/{}", long["id"].as_str().expect("an id"));
    for path in [&path, &long] {
        let _ = ours.get(&format!("{path}?include=messages")).await.expect(200);
    }
    let opened = world.client_key().post(PATH, &json!({ "subject": "a" })).await.expect(201);
    let browser = world.client_key().on_behalf_of(opened["customerToken"].as_str().expect("a token"));
    let _ = browser.get(PATH).await.expect(200);
    for query in ["", "?customerId=cus_123", "?assigneeId=01900000-0000-7000-8000-000000000001"] {
        let _ = ours.get(&format!("{PATH}/counts{query}")).await.expect(200);
    }
    let mut doomed = example_conversation();
    doomed["externalId"] = json!("ticket_9");
    let doomed = ours.open(&doomed).await;
    let doomed = format!("{PATH}/{}", doomed["id"].as_str().expect("an id"));
    let _ = ours.ask(Method::DELETE, &doomed).send().await.expect(204);
}

/// What the fast worker asks of the table: for what was done before, for a long thread and for a customer of many.
pub async fn events(world: &World) {
    let ours = world.server_key();
    let path = ours.open_path().await;
    let _ = ours.post(&format!("{path}/messages"), &json!({ "body": "Hi" })).await.expect(201);
    let rows = world.rows().await;
    let message = rows.iter().find(|row| row.sk().starts_with("M#")).expect("a message").clone();
    let planted: Vec<_> = (0..600)
        .map(|i| {
            let mut row = message.clone();
            row.0["sk"] = json!({ "S": format!("M#{}", packed(format!("019f0f63-6500-7232-afd6-{i:012}"))) });
            row
        })
        .collect();
    world.plant(&planted).await;
    let id = unpacked(message.pk().rsplit('#').next().expect("an id")).expect("an id");
    let path = path.replace(path.rsplit('/').next().expect("an id"), &id);
    let _ = ours.ask(Method::DELETE, &path).send().await.expect(204);
    let _ = ours.patch("/api/v1/customers/cus_123", &json!({ "name": "Ada King" })).await.expect(200);
    let mut doomed = example_conversation();
    doomed["customer"] = json!({ "id": "doomed" });
    doomed["externalId"] = json!("ticket_10");
    let _ = ours.open(&doomed).await;
    let _ = ours.ask(Method::DELETE, "/api/v1/customers/doomed").send().await.expect(202);
    // There is a log: `integrations` has started it. Its events are delivered.
    let _ = endpoint(world).await;
    let _ = (world.proxy().take_meter(), world.data_keys.take_permissions(), world.deliveries.take());
    // The workspaces' settings are no longer cached.
    world.clock.advance_millis(20_000);
    let _ = world.drain_to(Worker::Events, Delivery::default()).await;
}

/// What bulk actions ask of the table before they are answered.
pub async fn bulk_actions(world: &World) {
    let ours = world.server_key();
    let bulk = "/api/v1/bulk-actions";
    let mut doomed = example_conversation();
    doomed["externalId"] = json!("ticket_11");
    let doomed = ours.open(&doomed).await["id"].clone();
    let _ = world.proxy().take_meter();
    world.clock.advance_millis(30_000);
    for body in [
        json!({ "action": "tag", "add": ["a"], "conversationIds": [doomed] }),
        json!({ "action": "delete", "conversationIds": [doomed] }),
    ] {
        let ask = ours.ask(Method::POST, bulk).header("idempotency-key", &body["action"].to_string());
        let _ = ask.json(&body).send().await.expect(200);
    }
    let nobody = "01900000-0000-7000-8000-000000000001";
    let moved = json!({ "action": "move", "pipelineId": nobody, "stageId": nobody, "filter": {}, "all": true });
    let _ = ours.post(bulk, &moved).await.expect_invalid(&["pipelineId", "stageId"]);
    for filter in [json!({ "status": "open" }), json!({ "customerId": "cus_123" }), json!({ "assigneeId": nobody })] {
        let body = json!({ "action": "delete", "filter": filter, "dryRun": true });
        let _ = ours.post(bulk, &body).await.expect(200);
    }
    let begun = ours.post(bulk, &json!({ "action": "tag", "add": ["a"], "filter": {}, "all": true })).await.expect(202);
    let path = format!("{bulk}/{}", begun["bulkAction"]["id"].as_str().expect("an id"));
    let _ = ours.get(bulk).await.expect(200);
    let _ = ours.get(&path).await.expect(200);
    let _ = ours.ask(Method::POST, &format!("{path}/cancel")).send().await.expect(200);
}

/// What the other worker asks of the table.
pub async fn jobs(world: &World) {
    let ours = world.server_key();
    let mut doomed = example_conversation();
    doomed["externalId"] = json!("ticket_12");
    let _ = ours.open(&doomed).await;
    let nobody = "01900000-0000-7000-8000-000000000001";
    for body in [
        json!({ "action": "tag", "add": ["a"], "filter": { "customerEmail": "ada@example.com" } }),
        json!({ "action": "tag", "add": ["a"], "filter": { "assigneeId": nobody } }),
        json!({ "action": "delete", "filter": { "externalId": "ticket_12" } }),
        json!({ "action": "tag", "add": ["b"], "filter": {}, "all": true }),
    ] {
        let _ = ours.post("/api/v1/bulk-actions", &body).await.expect(202);
    }
    let _ = world.proxy().take_meter();
    // A call that fails is kept for a repeat.
    world.webhook_servers.respond_with(500);
    let _ = world.drain_to(Worker::Jobs, Delivery::default()).await;
}

/// What the timers ask of the table: for a workspace that no other function has opened.
pub async fn timers(world: &World) {
    let mut snoozed = minimal_conversation();
    snoozed["snoozedUntil"] = json!(world.clock.now().plus_seconds(60).to_string());
    let _ = world.server_key().open(&snoozed).await;
    let replay = format!("{}/replay", endpoint(world).await);
    let _ = world.server_key().post(&replay, &json!({ "sinceSequence": 1 })).await.expect(200);
    world.clock.advance_millis(120_000);
    let _ = (world.proxy().take_meter(), world.data_keys.take_permissions(), world.deliveries.take());
    assert_eq!(world.run_timers().await.ended, 1);
}

/// Creates a webhook endpoint with headers, which are secret. Returns its path.
pub async fn endpoint(world: &World) -> String {
    let path = "/api/v1/webhook-endpoints";
    let body = json!({ "url": "https://hooks.example.com", "headers": { "x-a": "1" } });
    let made = world.server_key().post(path, &body).await.expect(201);
    format!("{path}/{}", made["webhookEndpoint"]["id"].as_str().expect("an id"))
}

pub async fn messages(world: &World, path: &str) {
    let ours = world.server_key();
    let thread = format!("{path}/messages");
    let ask = ours.ask(Method::POST, &thread).header("idempotency-key", "k");
    let said = ask.json(&json!({ "body": "Hi" })).send().await.expect(201);
    let ask = ours.ask(Method::POST, &thread).header("idempotency-key", "k");
    let _ = ask.json(&json!({ "body": "Hi" })).send().await.expect(201);
    let _ = ours.get(&thread).await.expect(200);
    let id = said["message"]["id"].as_str().expect("an id");
    let _ = ours.get(&format!("{thread}/{id}")).await.expect(200);
    let browser = world.client_key().on_behalf_of(&world.token(&world.rotate_identity().await, "cus_123"));
    let _ = browser.get(&thread).await.expect(200);
    let _ = browser.post(&thread, &json!({ "body": "Hi" })).await.expect(201);
    let message = format!("{thread}/{id}");
    let _ = ours.get(&message).await.expect(200);
    let _ = ours.patch(&message, &json!({ "externalId": "wamid.1" })).await.expect(200);
    let _ = ours.post(&thread, &json!({ "body": "Hi", "externalId": "wamid.1" })).await.expect(200);
    let long = ours.post(&thread, &json!({ "body": "語".repeat(4_000) })).await.expect(201);
    let _ = ours.get(&format!("{thread}/{}", long["message"]["id"].as_str().expect("an id"))).await.expect(200);
    let note = json!({ "body": "Hi", "type": "note" });
    let shown = ours.post(&format!("{thread}/transform"), &note).await;
    let _ = shown.expect_invalid(&["channel"]);
    let _ = ours.ask(Method::DELETE, &message).send().await.expect(204);
}

/// What the operations of `files` ask, and what whoever uploads and downloads may do by their signatures.
pub async fn files(world: &World) {
    let ours = world.server_key();
    let conversation = ours.open(&minimal_conversation()).await["id"].clone();
    // Only this function is measured: the key is looked up anew, and its requests are counted anew.
    let _ = world.proxy().take_meter();
    world.clock.advance_millis(60_000);
    let body = json!({ "fileName": "a", "contentType": "text/plain", "size": 1, "conversationId": conversation });
    for _ in 0..2 {
        let ask = ours.ask(Method::POST, "/api/v1/files/sign").header("idempotency-key", "k");
        let signed = ask.json(&body).send().await.expect(201);
        let register = json!({ "fileId": signed["file"]["id"] });
        let _ = ours.post("/api/v1/files", &register).await.expect_problem(409, "conflict");
    }
    let _ = ours.upload(&json!(null), "a", "x").await;
    let file = ours.upload(&conversation, "a", "x").await;
    let ask = ours.ask(Method::POST, "/api/v1/files").header("idempotency-key", "k");
    let _ = ask.json(&json!({ "fileId": file["id"] })).send().await.expect(200);
    let path = format!("/api/v1/files/{}", file["id"].as_str().expect("an id"));
    let got = ours.get(&path).await.expect(200);
    let (status, _, _) = download(got["file"]["downloadUrl"].as_str().expect("an address")).await;
    assert_eq!(status, 200);
    let _ = ours.ask(Method::DELETE, &path).send().await.expect(204);
    let browser = world.client_key().on_behalf_of(&world.token(&world.rotate_identity().await, "cus_123"));
    let _ = browser.get(&path).await.expect_problem(404, "not_found");
}

/// The permissions for what was asked of S3: actions and, behind a slash, the first part of the key.
pub fn of_s3(world: &World) -> BTreeSet<String> {
    let mut needed = BTreeSet::new();
    for (operation, prefix) in world.take_asked_of_s3() {
        let actions = match operation.as_str() {
            // Without the second it is a 403 that an object is not there.
            "HeadObject" => vec![format!("s3:GetObject/{prefix}"), "s3:ListBucket".to_owned()],
            // An object is missing if its message was deleted meanwhile.
            "GetObject" if prefix == "content" => vec![format!("s3:GetObject/{prefix}"), "s3:ListBucket".to_owned()],
            "PutObject" | "GetObject" | "DeleteObject" => vec![format!("s3:{operation}/{prefix}")],
            "CopyObject" => vec![format!("s3:PutObject/{prefix}"), "s3:GetObject/pending".to_owned()],
            "PostObject" => vec!["s3:PutObject/pending".to_owned()],
            other => panic!("{other} is asked of S3"),
        };
        needed.extend(actions);
    }
    needed
}

pub async fn workspace(world: &World) {
    let ours = world.server_key();
    for (path, one, body) in [
        ("inboxes", "inbox", json!({ "name": "a", "channel": "sms", "settings": { "appSecret": "app-secret" } })),
        ("views", "view", json!({ "name": "a", "filter": {} })),
        ("api-keys", "apiKey", json!({ "name": "a", "scopes": ["read:files"] })),
        ("customers", "customer", json!({ "name": "a", "email": "a@example.com" })),
    ] {
        let path = format!("/api/v1/{path}");
        let ask = ours.ask(Method::POST, &path).header("idempotency-key", "k");
        let made = ask.json(&body).send().await.expect(201);
        let _ = ours.get(&path).await.expect(200);
        let path = format!("{path}/{}", made[one]["id"].as_str().expect("an id"));
        let _ = ours.get(&path).await.expect(200);
        let _ = ours.patch(&path, &json!({ "name": "b" })).await.expect(200);
        if one != "customer" {
            assert_eq!(ours.ask(Method::DELETE, &path).send().await.status.as_u16(), 204);
        }
    }
    let _ = ours.get("/api/v1/customers?email=a@example.com").await.expect(200);
    let _ = ours.ask(Method::DELETE, "/api/v1/customers/nobody").send().await;
    let _ = ours.post("/api/v1/customers", &json!({ "email": "a@example.com", "name": "c" })).await.expect(200);
}

pub async fn predefined_messages(world: &World, conversation: &str) {
    let ours = world.server_key();
    let path = "/api/v1/predefined-messages";
    let content = "{{workspace.name}}";
    let ask = ours.ask(Method::POST, path).header("idempotency-key", "k");
    let made = ask.json(&json!({ "title": "a", "content": content })).send().await.expect(201);
    let _ = ours.get(path).await.expect(200);
    let path = format!("{path}/{}", made["predefinedMessage"]["id"].as_str().expect("an id"));
    let _ = ours.patch(&path, &json!({ "title": "b" })).await.expect(200);
    let id = conversation.rsplit('/').next().expect("an id");
    let render = ours.ask(Method::POST, &format!("{path}/render")).header("idempotency-key", "render");
    let _ = render.json(&json!({ "conversationId": id })).send().await.expect(200);
    assert_eq!(ours.ask(Method::DELETE, &path).send().await.status.as_u16(), 204);
}

/// Leaves runs of every kind of step to the other worker.
pub async fn automations(world: &World) {
    let ours = world.server_key();
    let ids = async |path: &str, one: &str, body: Value| {
        let made = ours.post(&format!("/api/v1/{path}"), &body).await.expect(201);
        made[one]["id"].clone()
    };
    let member = ids("members", "member", json!({ "name": "a", "email": "b@example.com" })).await;
    let message =
        ids("predefined-messages", "predefinedMessage", json!({ "title": "a", "content": "語".repeat(4_000) })).await;
    let mut doomed = example_conversation();
    doomed["externalId"] = json!("ticket_11");
    let conversation = ours.open(&doomed).await["id"].clone();
    // What was asked so far was asked of other functions.
    let _ = world.proxy().take_meter();
    world.clock.advance_millis(30_000);
    let path = "/api/v1/automations";
    let actions = json!([
        { "action": "assign", "assigneeId": member },
        { "action": "reply", "predefinedMessageId": message },
        { "action": "call_webhook", "url": "https://hooks.example.com" },
        { "action": "delete" },
    ]);
    let ask = ours.ask(Method::POST, path).header("idempotency-key", "k");
    let body = json!({ "name": "a", "trigger": "conversation.updated", "actions": actions });
    let made = ask.json(&body).send().await.expect(201);
    let _ = ours.get(path).await.expect(200);
    let automation = format!("{path}/{}", made["automation"]["id"].as_str().expect("an id"));
    let _ = ours.patch(&automation, &json!({ "name": "b" })).await.expect(200);
    let runs = format!("{automation}/executions");
    let ask = ours.ask(Method::POST, &runs).header("idempotency-key", "k");
    let _ = ask.json(&json!({ "conversationId": conversation })).send().await.expect(202);
    let _ = ours.get(&runs).await.expect(200);
    let other = ours.post(path, &body).await.expect(201);
    let other = format!("{path}/{}", other["automation"]["id"].as_str().expect("an id"));
    let _ = ours.ask(Method::DELETE, &other).send().await.expect(204);
}

/// What the feed and webhook endpoints ask of the table.
pub async fn integrations(world: &World) {
    let ours = world.server_key();
    let (events, endpoints) = ("/api/v1/events", "/api/v1/webhook-endpoints");
    let _ = ours.get(events).await.expect(200);
    let _ = ours.open(&minimal_conversation()).await;
    // What other functions have left to the other worker stays for it.
    let _ = world.drain_to(Worker::Events, Delivery::default()).await;
    let _ = world.proxy().take_meter();
    world.clock.advance_millis(300_000);
    let _ = ours.get(events).await.expect(200);
    let ask = ours.ask(Method::POST, endpoints).header("idempotency-key", "k");
    let body = json!({ "url": "https://hooks.example.com", "headers": { "x-a": "1" } });
    let made = ask.json(&body).send().await.expect(201);
    let path = format!("{endpoints}/{}", made["webhookEndpoint"]["id"].as_str().expect("an id"));
    for path in [endpoints, &path, &format!("{path}/attempts"), &format!("{path}/undelivered")] {
        let _ = ours.get(path).await.expect(200);
    }
    for enabled in [false, true] {
        let _ = ours.patch(&path, &json!({ "enabled": enabled, "headers": { "x-b": "2" } })).await.expect(200);
    }
    for operation in ["rotate-secret", "test"] {
        let _ = ours.ask(Method::POST, &format!("{path}/{operation}")).send().await.expect(200);
    }
    let _ = ours.post(&format!("{path}/replay"), &json!({ "sinceSequence": 1 })).await.expect(200);
    let _ = ours.ask(Method::DELETE, &path).send().await.expect(204);
}

/// Takes a lease of the rate limiter, as every function does that authenticates keys. The first requests of a minute need
/// none.
pub async fn lease(world: &World) {
    world.clock.advance_millis(60_000);
    let ours = world.server_key();
    for _ in 0..6 {
        let _ = ours.ask(Method::GET, "/api/v1/conversations/x").skip_validation().send_now().await;
    }
}
