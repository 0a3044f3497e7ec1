//! Invalid bodies get their documented error and change nothing.

use deskless_tests::{TestResponse, World, minimal_conversation};
use http::Method;
use serde_json::json;

const PATH: &str = "/api/v1/conversations";
const MIB: usize = 1024 * 1024;

async fn send(world: &World, content_type: &str, body: impl Into<axum::body::Body>) -> TestResponse {
    world.server_key().ask(Method::POST, PATH).body(content_type, body).send().await
}

async fn assert_nothing_was_opened(world: &World) {
    let list = world.server_key().get(PATH).await.expect(200);
    assert_eq!(list["conversations"], json!([]));
    assert!(!world.rows().await.iter().any(|row| row.pk().contains("#C#")));
}

#[tokio::test]
async fn malformed_json_is_reported_with_position() {
    let world = World::new().await;
    for (body, hint) in [
        ("", "empty"),
        ("{", "EOF"),
        ("{\"subject\": \"a\",}", "line 1 column"),
        ("{'subject': 'a'}", "line 1 column"),
        ("[1, 2", "EOF"),
        ("{\"subject\": \"\\ud800\"}", "hex escape"),
        ("{\"subject\": \"a\u{1}b\"}", "control character"),
        ("{\"subject\": 1e999}", "out of range"),
        ("{\"subject\": NaN}", "line 1 column"),
        ("{} {}", "trailing"),
        ("\u{feff}{}", "line 1 column"),
        ("{\"subject\": \"a\", \"subject\": \"b\"}", "repeated key \"subject\""),
        ("{\"customer\": {\"id\": \"a\", \"id\": \"b\"}}", "repeated key \"id\""),
        ("{\"metadata\": {\"a\": {\"k\": 1, \"k\": 2}}}", "repeated key \"k\""),
    ] {
        let problem = send(&world, "application/json", body).await.expect_problem(400, "invalid_request");
        let text = problem["error"].as_str().expect("text");
        assert!(text.contains(hint), "{body}: {text}");
    }
    let bytes = b"{\"subject\": \"\xff\"}".to_vec();
    let _ = send(&world, "application/json", bytes).await.expect_problem(400, "invalid_request");
    let deep = format!("{{\"metadata\":{}1{}}}", "{\"a\":".repeat(500), "}".repeat(500));
    let _ = send(&world, "application/json", deep).await.expect_problem(400, "invalid_request");
    assert_nothing_was_opened(&world).await;
}

#[tokio::test]
async fn non_object_body_is_refused() {
    let world = World::new().await;
    for body in ["null", "1", "\"a\"", "[]", "true"] {
        let _ = send(&world, "application/json", body).await.expect_invalid(&[""]);
    }
    // An optional body can be left out, but is no `null`.
    let role = world.server_key();
    let resolve = format!("{}/resolve", role.open_path().await);
    let ask = || role.ask(Method::POST, &resolve);
    let _ = ask().body("application/json", "null").send().await.expect_invalid(&[""]);
    let _ = ask().send().await.expect(200);
}

#[tokio::test]
async fn every_wrong_type_is_named() {
    let world = World::new().await;
    let body = json!({
        "subject": 7, "customer": { "id": true, "name": [] }, "tags": "a", "metadata": [], "escalated": "yes",
        "message": "Hi", "priority": null,
    });
    let answer = world.server_key().post(PATH, &body).await;
    let problem = answer.expect_invalid(&[
        "subject",
        "customer.id",
        "customer.name",
        "tags",
        "metadata",
        "escalated",
        "message",
        "priority",
    ]);
    let errors = problem["errors"].as_array().expect("errors");
    let of = |field: &str| errors.iter().find(|e| e["field"] == field).map(|e| e["message"].clone());
    assert_eq!(of("customer.id"), Some(json!("`customer.id` must be a string, not a boolean.")));
    assert_eq!(of("priority"), Some(json!("`priority` must be a string, not null.")));
    assert_nothing_was_opened(&world).await;
}

#[tokio::test]
async fn missing_and_unknown_fields_are_reported_together() {
    let world = World::new().await;
    let _ = world.server_key().post(PATH, &json!({})).await.expect_invalid(&["subject", "customer"]);
    let typo = json!({ "subjekt": "a", "customer": { "ID": "x" } });
    let problem = world.server_key().post(PATH, &typo).await.expect_invalid(&[
        "subject",
        "subjekt",
        "customer.id",
        "customer.ID",
    ]);
    assert!(problem["error"].as_str().expect("text").contains("There are 3 more errors."), "{problem}");
    let _ = world.server_key().post(PATH, &json!({ "customer": {} })).await.expect_invalid(&["subject", "customer.id"]);
}

#[tokio::test]
async fn text_lengths_are_limited() {
    let world = World::new().await;
    for (field, most) in [("subject", 500), ("priority", 32), ("externalId", 255), ("sessionKey", 255)] {
        let mut body = minimal_conversation();
        body[field] = json!("ü".repeat(most));
        assert_eq!(world.server_key().open(&body).await[field], body[field], "{field}");
        for wrong in [String::new(), " \t".to_owned(), "ü".repeat(most + 1), "a\u{7f}".to_owned(), "a\nb".to_owned()] {
            body[field] = json!(wrong);
            let _ = world.server_key().post(PATH, &body).await.expect_invalid(&[field]);
        }
    }
    for (field, most) in [("name", 200), ("company", 200), ("phone", 64)] {
        let path = format!("customer.{field}");
        let mut body = minimal_conversation();
        body["customer"][field] = json!("ü".repeat(most));
        assert_eq!(world.server_key().open(&body).await["customer"][field], body["customer"][field], "{field}");
        body["customer"][field] = json!("ü".repeat(most + 1));
        let _ = world.server_key().post(PATH, &body).await.expect_invalid(&[&path]);
    }
}

#[tokio::test]
async fn tag_and_metadata_counts_are_limited() {
    let world = World::new().await;
    let mut body = minimal_conversation();
    body["tags"] = (0..21).map(|i| format!("t{i}")).collect();
    body["metadata"] = (0..51).map(|i| (format!("k{i}"), json!(i))).collect::<serde_json::Map<_, _>>().into();
    let _ = world.server_key().post(PATH, &body).await.expect_invalid(&["tags", "metadata"]);
    body["tags"] = json!(["good", "", "x".repeat(65), 7]);
    body["metadata"] = json!({});
    let _ = world.server_key().post(PATH, &body).await.expect_invalid(&["tags[1]", "tags[2]", "tags[3]"]);
}

#[tokio::test]
async fn error_response_size_is_bounded() {
    let world = World::new().await;
    let zeros = format!(r#"{{"subject":"a","customer":{{"id":"x"}},"tags":[{}0]}}"#, "0,".repeat(500_000));
    let keys: Vec<_> = (0..80_000).map(|i| format!(r#""k{i}":1"#)).collect();
    let key = format!(r#"{{"{}":1}}"#, r#"\""#.repeat(500_000));
    for body in [zeros, format!("{{{}}}", keys.join(",")), key] {
        let answer = send(&world, "application/json", body).await;
        assert!(answer.bytes.len() < 100_000, "{} bytes", answer.bytes.len());
        let _ = answer.expect_problem(400, "invalid_request");
    }
}

#[tokio::test]
async fn customer_ids_and_emails_are_validated() {
    let world = World::new().await;
    for id in ["", ".", "..", "a b", "a/b", "ü", "a\u{0}", &"x".repeat(129)] {
        let body = json!({ "subject": "a", "customer": { "id": id } });
        let _ = world.server_key().post(PATH, &body).await.expect_invalid(&["customer.id"]);
    }
    for email in ["", "ada", "ada@", "@b", "a@b@c", "a b@c"] {
        let body = json!({ "subject": "a", "customer": { "id": "a", "email": email } });
        let _ = world.server_key().post(PATH, &body).await.expect_invalid(&["customer.email"]);
    }
    assert_nothing_was_opened(&world).await;
}

#[tokio::test]
async fn body_is_limited_to_one_mebibyte() {
    let world = World::new().await;
    let start = r#"{"subject":"a","customer":{"id":"a"},"x":""#;
    let body = |size: usize| format!("{start}{}\"}}", "x".repeat(size - start.len() - 2));
    let _ = send(&world, "application/json", body(MIB)).await.expect_invalid(&["x"]);
    let _ = send(&world, "application/json", body(MIB + 1)).await.expect_problem(413, "payload_too_large");
    assert_nothing_was_opened(&world).await;
}

#[tokio::test]
async fn other_content_types_are_refused() {
    let world = World::new().await;
    let body = minimal_conversation().to_string();
    for wrong in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "application/vnd.api+json",
        "json",
        "",
    ] {
        let _ = send(&world, wrong, body.clone()).await.expect_problem(415, "unsupported_media_type");
    }
    let none = world.server_key().ask(Method::POST, PATH).send().await;
    let _ = none.expect_problem(415, "unsupported_media_type");
    for right in ["application/json", "Application/JSON; charset=utf-8"] {
        let _ = send(&world, right, body.clone()).await.expect(201);
    }
}
