//! What is left of a customer after their erasure: nothing that names them or that they wrote.

use deskless_tests::{CapturedLog, KeyOptions, Row, Upload, Worker, World, packed, record};
use http::Method;
use serde_json::{Value, json};

/// The customer's own id, which is an address.
const ID: &str = "zid77@example.com";

/// A word for each field of the customer and of their conversations. None of them is in any other data.
const WORDS: [&str; 19] = [
    ID,
    "Zname",
    "zmail",
    "4930901820",
    "Zcompany",
    "zmeta",
    "zlarge",
    "Zsubject",
    "zbody",
    "znote",
    "zexternal",
    "zsession",
    "zfile",
    "zcontent",
    "zcontext",
    "zsender",
    "zprovider",
    "ztransform",
    "zvisitor",
];

fn id(object: &Value) -> String {
    object["id"].as_str().expect("an id").to_owned()
}

/// Sends a POST with an idempotency key.
async fn keyed(world: &World, path: &str, body: Value) -> Value {
    let answer = world.server_key().ask(Method::POST, path).header("idempotency-key", "k").json(&body).send().await;
    assert!(answer.status.is_success(), "{path}: {answer:?}");
    answer.json()
}

/// Creates the customer with everything that can hold their data, most of it with idempotency keys. Returns the paths and
/// bodies of these requests.
async fn everything(world: &World) {
    let role = world.server_key();
    let customer = json!({
        "id": ID, "name": "Zname", "email": "zmail0@example.com", "phone": "+4930901820", "company": "Zcompany",
        "metadata": { "note": "zmeta" },
    });
    let _ = keyed(world, "/api/v1/customers", customer.clone()).await;
    let email = json!({ "email": "ZMAIL1@example.com" });
    let _ = role.patch("/api/v1/customers/zid77%40example.com", &email).await.expect(200);
    let automation = json!({
        "name": "A", "trigger": "message.created", "actions": [{ "action": "note", "body": "Hello {{customer.name}}" }],
    });
    let automation = role.post("/api/v1/automations", &automation).await.expect(201)["automation"].clone();
    let template = json!({ "title": "A", "content": "Hello {{customer.name}}" });
    let template = role.post("/api/v1/predefined-messages", &template).await.expect(201)["predefinedMessage"].clone();
    world.clock.advance_millis(31_000);
    let opening = json!({
        "subject": "Zsubject", "externalId": "zexternal", "sessionKey": "zsession", "channel": "sms", "tags": ["a"],
        "customer": { "id": ID, "name": "Zname" }, "metadata": { "text": "zlarge".repeat(400) },
        "message": { "body": "zbody 漢字漢字漢字漢字漢字", "externalId": "zprovider", "metadata": { "note": "zmeta" } },
    });
    let opened = keyed(world, "/api/v1/conversations", opening).await["conversation"].clone();
    let path = format!("/api/v1/conversations/{}", id(&opened));
    let messages = format!("{path}/messages");
    let reply = json!({ "body": "zbody", "role": "assistant", "sender": { "id": "s", "name": "zsender" } });
    let _ = keyed(world, &messages, reply).await;
    let _ = role.post(&messages, &json!({ "type": "note", "body": "znote" })).await.expect(201);
    let by_template = json!({ "role": "assistant", "predefinedMessageId": template["id"] });
    let _ = role.post(&messages, &by_template).await.expect(201);
    let transformed = json!({ "body": "ztransform", "to": "+4930901820", "from": "+15005550006" });
    let _ = keyed(world, &format!("{messages}/transform"), transformed).await;
    let rendered = json!({ "conversationId": opened["id"] });
    let render = format!("/api/v1/predefined-messages/{}/render", id(&template));
    let _ = keyed(world, &render, rendered).await;
    let file = json!({
        "fileName": "zfile.txt", "contentType": "text/plain", "size": 8, "conversationId": opened["id"],
    });
    let signed = keyed(world, "/api/v1/files/sign", file).await;
    Upload::of(&signed["upload"], "zcontent").expect_accepted().await;
    let file = json!({ "fileId": signed["file"]["id"] });
    let _ = keyed(world, "/api/v1/files", file.clone()).await;
    let attached = json!({ "body": "zbody", "attachments": [file] });
    let _ = role.post(&messages, &attached).await.expect(201);
    let run = json!({ "conversationId": opened["id"], "context": { "text": "zcontext" } });
    let runs = format!("/api/v1/automations/{}/executions", id(&automation));
    let _ = keyed(world, &runs, run).await;
    // A call that fails and is kept for a repeat.
    world.webhook_servers.respond_with(500);
    let calling = json!({
        "name": "B", "trigger": "manual", "actions": [{ "action": "call_webhook", "url": "https://hooks.example.com" }],
    });
    let calling = role.post("/api/v1/automations", &calling).await.expect(201)["automation"].clone();
    let runs = format!("/api/v1/automations/{}/executions", id(&calling));
    let _ = role.post(&runs, &json!({ "conversationId": opened["id"] })).await.expect(202);
    let _ = world.drain_events().await;
    let _ = keyed(world, &format!("{path}/read"), json!({})).await;
    let _ = keyed(world, &format!("{path}/resolve"), json!({})).await;
    let bulk = json!({ "action": "tag", "add": ["b"], "conversationIds": [opened["id"]] });
    let _ = keyed(world, "/api/v1/bulk-actions", bulk).await;
    let _ = world.drain_events().await;
}

/// Lets a worker give up a record of one of the customer's conversations.
async fn park(world: &World) {
    let rows = world.rows().await;
    let mut row = rows.iter().find(|row| row.customer("id") == Some(ID)).expect("a conversation").clone();
    row.set("messageCount", json!({ "S": "zbody" }));
    assert!(world.deliver_once(Worker::Events, &[record(1, None, Some(&row))]).await);
    assert_eq!(world.parked().len(), 1, "{:?}", world.parked());
}

async fn erase(world: &World) {
    let path = "/api/v1/customers/zid77%40example.com";
    let _ = world.server_key().ask(Method::DELETE, path).send().await.expect(202);
}

#[tokio::test]
async fn erasure_leaves_no_trace() {
    let log = CapturedLog::start();
    let world = World::new().await;
    everything(&world).await;
    park(&world).await;
    let visible = world.traces(&WORDS[..18]).await;
    let is_body = |found: &String| found.starts_with("zbody") && found.contains("#V#Q");
    assert!(visible.iter().any(is_body), "the call that is retried: {visible:#?}");
    for word in &WORDS[..18] {
        assert!(visible.iter().any(|found| found.starts_with(&word.to_lowercase())), "{word} is nowhere before");
    }
    erase(&world).await;
    let _ = world.drain_events().await;
    let left = world.traces(&WORDS).await;
    assert!(left.is_empty(), "{}", left.join("\n"));
    assert!(log.text().contains("request"), "requests are logged");
    let logged = log.traces(&WORDS);
    assert!(logged.is_empty(), "{}\n{}", logged.join("\n"), log.text());
    let progress = world.server_key().get("/api/v1/customers/zid77%40example.com").await.expect(200);
    assert_eq!(progress["customer"]["id"], ID, "the caller's own id is shown while it is erased");
    world.clock.advance_millis(61_000);
    let _ = world.server_key().get("/api/v1/customers/zid77%40example.com").await.expect_problem(404, "not_found");
    world.assert_settled().await;
}

#[tokio::test]
async fn erasure_of_visitor_leaves_no_trace() {
    let world = World::new().await;
    let opening = json!({
        "subject": "Zsubject", "customer": { "name": "zvisitor", "email": "zmail@example.com" }, "message": { "body": "zbody" },
    });
    let key = "4bf92f35-77b3-4da6-a3ce-929d0e0e4736";
    let post =
        || world.client_key().ask(Method::POST, "/api/v1/conversations").header("idempotency-key", key).json(&opening);
    let opened = post().send().await.expect(201);
    let customer = id(&opened["conversation"]["customer"]);
    let token = opened["customerToken"].as_str().expect("a token");
    let messages = format!("/api/v1/conversations/{}/messages", id(&opened["conversation"]));
    let visitor = world.client_key().on_behalf_of(token);
    let sent = visitor.ask(Method::POST, &messages).header("idempotency-key", "m").json(&json!({ "body": "zbody" }));
    let _ = sent.send().await.expect(201);
    let path = format!("/api/v1/customers/{customer}");
    let _ = world.server_key().ask(Method::DELETE, &path).send().await.expect(202);
    let _ = post().send().await.expect_problem(410, "response_deleted");
    let _ = visitor.post("/api/v1/conversations", &opening).await.expect_problem(409, "conflict");
    let _ = world.drain_events().await;
    let left = world.traces(&[&WORDS[..], &[customer.as_str()]].concat()).await;
    assert!(left.is_empty(), "{}", left.join("\n"));
    let _ = post().send().await.expect_problem(410, "response_deleted");
    // The conversations are deleted, and the customer's item is about to expire.
    let _ = visitor.post("/api/v1/conversations", &opening).await.expect_problem(409, "conflict");
    world.assert_settled().await;
}

/// Plants copies of the customer's conversation with its message. Returns their number.
async fn plant_conversations(world: &World, count: usize) {
    let rows = world.rows().await;
    let template = rows.iter().find(|row| row.customer("id") == Some(ID)).expect("a conversation");
    let of_conversation: Vec<&Row> = rows.iter().filter(|row| row.pk() == template.pk()).collect();
    let kept = of_conversation.into_iter().filter(|row| row.sk() == "A" || row.sk().starts_with("M#"));
    let kept: Vec<&Row> = kept.collect();
    let mut planted = Vec::new();
    for i in 0..count {
        let new = format!("019f0f63-6500-7232-afd6-{:012x}", 0x1000_0000_0000_u64 + i as u64);
        for row in &kept {
            let mut row = (*row).clone();
            row.0["pk"] = json!({ "S": world.pk("C", &new) });
            if row.sk() == "A" {
                row.set("activity", json!({ "S": packed(&new) }));
                row.set("externalId", Value::Null);
                row.0.as_object_mut().expect("an item").remove("ik");
            }
            planted.push(row);
        }
    }
    world.plant(&planted).await;
}

/// The number of conversations, by default fewer than a busy customer has. The steps are the same.
fn conversations() -> usize {
    std::env::var("DESKLESS_ERASED_CONVERSATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(500)
}

#[tokio::test]
async fn erasure_of_many_addresses_and_conversations_leaves_no_trace() {
    let world = World::new().await;
    let _ = world.make_key(KeyOptions::default()).await;
    world.disable_stream().await;
    let role = world.server_key();
    let customer = json!({ "id": ID, "name": "Zname", "email": "zmail0@example.com" });
    let opening = json!({ "subject": "Zsubject", "customer": customer, "message": { "body": "zbody" } });
    let _ = role.open(&opening).await;
    for i in 1..1000 {
        let email = json!({ "email": format!("zmail{i}@example.com") });
        let _ = role.patch("/api/v1/customers/zid77%40example.com", &email).await.expect(200);
    }
    plant_conversations(&world, conversations()).await;
    world.enable_stream().await;
    erase(&world).await;
    let _ = world.drain_events().await;
    let left = world.traces(&WORDS).await;
    assert!(left.is_empty(), "{} traces, such as {:?}", left.len(), left.first());
    let progress = role.get("/api/v1/customers/zid77%40example.com").await.expect(200);
    let deleted = &progress["customer"]["erasing"]["deletedConversations"];
    assert_eq!(deleted.as_u64(), Some(conversations() as u64 + 1));
    for i in [0, 500, 999] {
        let _ = role.post("/api/v1/customers", &json!({ "email": format!("zmail{i}@example.com") })).await.expect(201);
    }
}
