use deskless_tests::{KeyOptions, Role, World, example_conversation, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/api/v1/conversations";

async fn post(role: Role<'_>, path: &str, key: &str, body: &Value) -> deskless_tests::TestResponse {
    role.ask(Method::POST, path).header("idempotency-key", key).json(body).send().await
}

#[tokio::test]
async fn retry_returns_first_response() {
    let world = World::new().await;
    let first = post(world.server_key(), PATH, "k1", &example_conversation()).await;
    assert_eq!(first.header("idempotent-replayed"), None);
    let again = post(world.server_key(), PATH, "k1", &example_conversation()).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(first.bytes, again.bytes);
    for header in ["etag", "location", "content-type"] {
        assert_eq!(first.header(header), again.header(header), "{header}");
    }
    let _ = first.expect(201);
    let _ = again.expect(201);
    let list = world.server_key().get(PATH).await.expect(200);
    assert_eq!(list["conversations"].as_array().map(Vec::len), Some(1));
    world.assert_sound().await;
}

#[tokio::test]
async fn retry_ignores_later_changes() {
    let world = World::new().await;
    let first = post(world.server_key(), PATH, "k", &minimal_conversation()).await.expect(201);
    let path = format!("{PATH}/{}", first["conversation"]["id"].as_str().expect("an id"));
    let _ = world.server_key().patch(&path, &json!({ "subject": "Changed" })).await.expect(200);
    assert_eq!(post(world.server_key(), PATH, "k", &minimal_conversation()).await.expect(201), first);
}

#[tokio::test]
async fn retry_returns_names_of_first_response() {
    let world = World::new().await;
    let role = world.server_key();
    let inbox = role.post("/api/v1/inboxes", &json!({ "name": "Support", "channel": "web" })).await.expect(201);
    let inbox = inbox["inbox"]["id"].as_str().expect("an id").to_owned();
    let mut body = minimal_conversation();
    body["inboxId"] = json!(inbox);
    let first = post(world.server_key(), PATH, "k", &body).await.expect(201);
    assert_eq!(first["conversation"]["inbox"]["name"], "Support");
    let resolve = format!("{PATH}/{}/resolve", first["conversation"]["id"].as_str().expect("an id"));
    let solved = post(world.server_key(), &resolve, "r", &json!({})).await.expect(200);
    assert_eq!(solved["conversation"]["inbox"]["name"], "Support");
    let _ = role.patch(&format!("/api/v1/inboxes/{inbox}"), &json!({ "name": "Sales" })).await.expect(200);
    world.clock.advance_millis(60_000);
    assert_eq!(post(world.server_key(), PATH, "k", &body).await.expect(201), first);
    assert_eq!(post(world.server_key(), &resolve, "r", &json!({})).await.expect(200), solved);
}

#[tokio::test]
async fn retry_after_erasure_shows_nothing_and_creates_nothing() {
    let world = World::new().await;
    let ours = || world.server_key();
    let opened = post(ours(), PATH, "k", &minimal_conversation()).await.expect(201);
    let customer = json!({ "id": "cus_123", "name": "Ada", "email": "ada@example.com" });
    let _ = post(ours(), "/api/v1/customers", "k", &customer).await.expect(200);
    let by_email = json!({ "email": "ada@example.com" });
    let _ = post(ours(), "/api/v1/customers", "e", &by_email).await.expect(200);
    let conversation = format!("{PATH}/{}", opened["conversation"]["id"].as_str().expect("an id"));
    let messages = format!("{conversation}/messages");
    let _ = post(ours(), &messages, "k", &json!({ "body": "Hi" })).await.expect(201);
    let _ = post(ours(), &format!("{conversation}/resolve"), "k", &json!({})).await.expect(200);
    let _ = ours().ask(Method::DELETE, "/api/v1/customers/cus_123").send().await.expect(202);
    let retries = [
        (PATH, "k", minimal_conversation()),
        ("/api/v1/customers", "k", customer),
        ("/api/v1/customers", "e", by_email),
    ];
    for (path, key, body) in &retries {
        let _ = post(ours(), path, key, body).await.expect_problem(409, "conflict");
    }
    let _ = world.drain_events().await;
    world.clock.advance_millis(61_000);
    for (path, key, body) in &retries {
        let _ = post(ours(), path, key, body).await.expect_problem(410, "response_deleted");
    }
    let _ = post(ours(), &messages, "k", &json!({ "body": "Hi" })).await.expect_problem(404, "not_found");
    let _ = post(ours(), &format!("{conversation}/resolve"), "k", &json!({})).await.expect_problem(404, "not_found");
    for (path, plural) in [(PATH, "conversations"), ("/api/v1/customers", "customers")] {
        assert_eq!(ours().get(path).await.expect(200)[plural], json!([]));
    }
    world.assert_settled().await;
}

#[tokio::test]
async fn retry_after_deletion_shows_nothing() {
    let world = World::new().await;
    let opened = post(world.server_key(), PATH, "k", &minimal_conversation()).await.expect(201);
    let path = format!("{PATH}/{}", opened["conversation"]["id"].as_str().expect("an id"));
    let _ = post(world.server_key(), &format!("{path}/messages"), "k", &json!({ "body": "Hi" })).await.expect(201);
    let _ = world.server_key().ask(Method::DELETE, &path).send().await.expect(204);
    let again = post(world.server_key(), &format!("{path}/messages"), "k", &json!({ "body": "Hi" })).await;
    let _ = again.expect_problem(404, "not_found");
    let again = post(world.server_key(), PATH, "k", &minimal_conversation()).await;
    let _ = again.expect_problem(410, "response_deleted");
    let _ = world.drain_events().await;
    let again = post(world.server_key(), PATH, "k", &minimal_conversation()).await;
    let _ = again.expect_problem(410, "response_deleted");
    world.assert_settled().await;
}

#[tokio::test]
async fn retry_after_deletion_of_inbox_and_conversation_shows_nothing() {
    let world = World::new().await;
    let role = || world.server_key();
    let inbox = role().post("/api/v1/inboxes", &json!({ "name": "Support", "channel": "web" })).await.expect(201);
    let inbox = inbox["inbox"]["id"].as_str().expect("an id").to_owned();
    let mut body = minimal_conversation();
    body["inboxId"] = json!(inbox);
    let first = post(role(), PATH, "k", &body).await.expect(201);
    let deleted = role().ask(Method::DELETE, &format!("/api/v1/inboxes/{inbox}")).send().await;
    assert!(deleted.status.is_success(), "{deleted:?}");
    world.clock.advance_millis(60_000);
    assert_eq!(post(role(), PATH, "k", &body).await.expect(201), first);
    let path = format!("{PATH}/{}", first["conversation"]["id"].as_str().expect("an id"));
    let _ = role().ask(Method::DELETE, &path).send().await.expect(204);
    let _ = post(role(), PATH, "k", &body).await.expect_problem(410, "response_deleted");
}

#[tokio::test]
async fn deletion_keeps_later_outcome_of_same_key() {
    let world = World::new().await;
    let role = || world.server_key();
    let conversation = |subject: &str| json!({ "subject": subject, "customer": { "id": "c" } });
    let customer = |id: &str| json!({ "id": id, "name": "Ada" });
    let first = post(role(), PATH, "k", &conversation("a")).await.expect(201);
    let _ = post(role(), "/api/v1/customers", "k", &customer("a")).await.expect(201);
    world.clock.advance_millis(2 * 24 * 60 * 60 * 1000);
    let second = post(role(), PATH, "k", &conversation("b")).await.expect(201);
    let other = post(role(), "/api/v1/customers", "k", &customer("b")).await.expect(201);
    let path = format!("{PATH}/{}", first["conversation"]["id"].as_str().expect("an id"));
    let _ = role().ask(Method::DELETE, &path).send().await.expect(204);
    let _ = role().ask(Method::DELETE, "/api/v1/customers/a").send().await.expect(202);
    let _ = world.drain_events().await;
    assert_eq!(post(role(), PATH, "k", &conversation("b")).await.expect(201), second);
    assert_eq!(post(role(), "/api/v1/customers", "k", &customer("b")).await.expect(201), other);
    assert!(
        world.conversation_row(path.rsplit('/').next().expect("an id")).await.is_none(),
        "its tombstone is removed"
    );
    world.assert_settled().await;
}

#[tokio::test]
async fn spelling_of_values_does_not_change_request() {
    let world = World::new().await;
    let role = world.server_key();
    let inbox = role.post("/api/v1/inboxes", &json!({ "name": "A", "channel": "api" })).await.expect(201);
    let inbox = inbox["inbox"]["id"].as_str().expect("an id").to_owned();
    let body = |inbox: &str, time: &str, count: Value, tag: &str| {
        let text = json!({
            "subject": "a", "customer": { "id": "c" }, "inboxId": inbox, "snoozedUntil": time, "tags": [tag],
            "metadata": { "count": count },
        });
        text
    };
    let first = body(&inbox, "2100-01-01T00:00:00Z", json!(1), "vip");
    let first = post(world.server_key(), PATH, "k", &first).await.expect(201);
    let again = body(&inbox.to_uppercase(), "2100-01-01T00:00:00+00:00", json!(1.0), "vip ");
    assert_eq!(post(world.server_key(), PATH, "k", &again).await.expect(201), first);
    let other = body(&inbox, "2100-01-01T00:00:00Z", json!(2), "vip");
    let _ = post(world.server_key(), PATH, "k", &other).await.expect_problem(422, "idempotency_key_reused");
    let id = first["conversation"]["id"].as_str().expect("an id");
    let hi = json!({ "body": "Hi" });
    let message = post(world.server_key(), &format!("{PATH}/{id}/messages"), "m", &hi).await.expect(201);
    for id in [id.to_uppercase(), id.replace('-', "%2D")] {
        assert_eq!(post(world.server_key(), &format!("{PATH}/{id}/messages"), "m", &hi).await.expect(201), message);
    }
    let list = world.server_key().get(&format!("{PATH}/{id}/messages")).await.expect(200);
    assert_eq!(list["messages"].as_array().map(Vec::len), Some(1));
    world.assert_sound().await;
}

#[tokio::test]
async fn message_retry_is_idempotent() {
    let world = World::new().await;
    let path = format!("{}/messages", world.server_key().open_path().await);
    let first = post(world.server_key(), &path, "k", &json!({ "body": "Hi" })).await.expect(201);
    let again = post(world.server_key(), &path, "k", &json!({ "body": "Hi" })).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.expect(201), first);
    let list = world.server_key().get(&path).await.expect(200);
    assert_eq!(list["messages"], json!([first["message"]]));
    world.assert_sound().await;
}

#[tokio::test]
async fn key_reused_with_other_request_is_refused() {
    let world = World::new().await;
    let _ = post(world.server_key(), PATH, "k", &minimal_conversation()).await.expect(201);
    let answer = post(world.server_key(), PATH, "k", &example_conversation()).await;
    let _ = answer.expect_problem(422, "idempotency_key_reused");
    let path = format!("{}/messages", world.server_key().open_path().await);
    let _ = post(world.server_key(), &path, "m", &json!({ "body": "Hi" })).await.expect(201);
    let answer = post(world.server_key(), &path, "m", &json!({ "body": "Ho" })).await;
    let _ = answer.expect_problem(422, "idempotency_key_reused");
    let list = world.server_key().get(&path).await.expect(200);
    assert_eq!(list["messages"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn field_order_does_not_change_request() {
    let world = World::new().await;
    let send = async |body: &'static str| {
        let ask = world.server_key().ask(Method::POST, PATH).header("idempotency-key", "k");
        ask.body("application/json", body).send().await.expect(201)
    };
    let first = send(r#"{"subject":"a","customer":{"id":"c","name":"n"}}"#).await;
    assert_eq!(send(r#"{ "customer": { "name": "n", "id": "c" }, "subject": "a" }"#).await, first);
}

#[tokio::test]
async fn keys_are_scoped_to_api_key_and_path() {
    let world = World::new().await;
    let _ = post(world.server_key(), PATH, "k", &minimal_conversation()).await.expect(201);
    let another = world.make_key(KeyOptions::default()).await;
    for role in [world.with_key(&another), world.other_workspace()] {
        let answer = post(role, PATH, "k", &minimal_conversation()).await;
        assert_eq!(answer.header("idempotent-replayed"), None);
        let _ = answer.expect(201);
    }
    let (one, two) = (world.server_key().open_path().await, world.server_key().open_path().await);
    for path in [one, two] {
        let answer = post(world.server_key(), &format!("{path}/messages"), "k", &json!({ "body": "Hi" })).await;
        assert_eq!(answer.header("idempotent-replayed"), None);
        let _ = answer.expect(201);
    }
}

#[tokio::test]
async fn response_is_kept_for_24_hours() {
    let world = World::new().await;
    let first = post(world.server_key(), PATH, "k", &minimal_conversation()).await.expect(201);
    world.clock.advance_millis(24 * 3_600_000 - 2_000);
    assert_eq!(post(world.server_key(), PATH, "k", &minimal_conversation()).await.expect(201), first);
    world.clock.advance_millis(2_000);
    assert_ne!(post(world.server_key(), PATH, "k", &example_conversation()).await.expect(201), first);
}

#[tokio::test]
async fn failed_responses_are_not_kept() {
    let world = World::new().await;
    let _ = world.server_key().open(&example_conversation()).await;
    let clash = post(world.server_key(), PATH, "k", &example_conversation()).await;
    let _ = clash.expect_problem(409, "external_id_exists");
    let _ = post(world.server_key(), PATH, "k", &minimal_conversation()).await.expect(201);
    let _ = post(world.server_key(), PATH, "k2", &json!({})).await.expect(400);
    let _ = post(world.server_key(), PATH, "k2", &minimal_conversation()).await.expect(201);
}

#[tokio::test]
async fn key_has_1_to_255_printable_characters() {
    let world = World::new().await;
    let _ = post(world.server_key(), PATH, &"k".repeat(255), &minimal_conversation()).await.expect(201);
    for bad in [String::new(), "k".repeat(256), "schlüssel".to_owned()] {
        let answer = post(world.server_key(), PATH, &bad, &minimal_conversation()).await;
        let _ = answer.expect_invalid(&["Idempotency-Key"]);
    }
    let twice =
        world.server_key().ask(Method::POST, PATH).header("idempotency-key", "a").append_header("idempotency-key", "b");
    let _ = twice.json(&minimal_conversation()).send().await.expect_invalid(&["Idempotency-Key"]);
}
