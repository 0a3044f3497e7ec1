//! Errors: the codes, the fields and the request id.

use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::Desk;

#[tokio::test]
async fn errors_name_code_and_field() {
    let world = World::new().await;
    let desk = Desk::new(&world).await;
    let id = desk.conversation("Hi").await;
    let reply = format!("/conversations/{id}/reply");
    let from = |id: &str, body: Value| json!({ "from": { "type": "user", "id": id }, "body": body });
    for (path, body, status, code, field) in [
        ("/conversations", from("none", json!("Hi")), 404, "not_found", Value::Null),
        ("/conversations", from("cus_ada", json!(" ")), 400, "parameter_invalid", json!("body")),
        ("/conversations", from("cus_ada", json!(7)), 400, "type_mismatch", json!("body")),
        ("/conversations", json!({ "body": "Hi" }), 400, "parameter_not_found", json!("from")),
        ("/contacts", json!({ "name": "x" }), 400, "parameter_not_found", json!("email")),
        ("/contacts", json!({ "email": "x" }), 400, "parameter_invalid", json!("email")),
        ("/contacts", json!({ "role": "boss" }), 400, "parameter_invalid", json!("role")),
        ("/contacts", json!({ "external_id": "a b" }), 400, "parameter_invalid", json!("external_id")),
        (
            &reply,
            json!({ "message_type": "comment", "type": "admin", "body": "x" }),
            400,
            "parameter_not_found",
            json!("admin_id"),
        ),
        (
            &reply,
            json!({ "message_type": "comment", "type": "admin", "admin_id": 7, "body": "x" }),
            404,
            "admin_not_found",
            Value::Null,
        ),
        (
            "/conversations/7/reply",
            json!({ "message_type": "comment", "type": "admin", "admin_id": desk.admin, "body": "x" }),
            404,
            "not_found",
            Value::Null,
        ),
        ("/nothing", json!({}), 404, "not_found", Value::Null),
        ("/contacts/merge", json!({}), 405, "client_error", Value::Null),
    ] {
        let error = desk.fails(Method::POST, path, &body, status).await;
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &field), "{path} {body}: {error}");
    }
    let not_json = world
        .server_key()
        .ask(Method::POST, "/dialects/intercom/contacts")
        .body("application/json", "{")
        .send_now()
        .await;
    assert_eq!(not_json.json()["errors"][0]["code"], "bad_request", "{:?}", not_json.bytes);
}

#[tokio::test]
async fn version_header_is_accepted() {
    let world = World::new().await;
    let ask = world.server_key().ask(Method::GET, "/dialects/intercom/me").header("intercom-version", "2.14");
    let me = ask.send_now().await;
    assert_eq!(me.status, 200, "{:?}", me.bytes);
    assert_eq!(me.json()["app"]["type"], "app");
}
