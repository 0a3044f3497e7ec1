//! The dialect `gtateth`.

mod create;
mod errors;
mod get;
mod list;
mod update;

use deskless_tests::{Role, TestResponse, World};
use http::Method;
use serde_json::{Value, json};

use crate::rows::{Row, has_keys, make, send, walk};

const DOCUMENT: &str = include_str!("../../../docs/dialects/gtateth.md");
const LIST: &str = "/dialects/gtateth/conversations";
const KEYS: [&str; 11] = [
    "_id",
    "subject",
    "status",
    "priority",
    "customerId",
    "assignedTo",
    "channel",
    "source",
    "inboxId",
    "createdAt",
    "updatedAt",
];

#[tokio::test]
async fn every_row_of_gtateth_is_proved() {
    let rows: Vec<Row> =
        [list::rows(), get::rows(), create::rows(), update::rows(), errors::rows()].into_iter().flatten().collect();
    walk(DOCUMENT, rows).await;
}

/// Returns the path of a conversation of this dialect or of our own API.
fn at(conversation: &Value) -> String {
    let id = conversation["_id"].as_str().or_else(|| conversation["id"].as_str());
    format!("{LIST}/{}", id.expect("an id"))
}

async fn inbox(w: &World) -> Value {
    make(w, "inboxes", "inbox", json!({ "name": "Support", "channel": "email" })).await["id"].clone()
}

/// Creates a conversation with these additional fields.
async fn create(w: &World, fields: Value) -> Value {
    let mut body = json!({ "subject": "Help", "inboxId": inbox(w).await });
    for (name, value) in fields.as_object().expect("an object") {
        body[name] = value.clone();
    }
    data(w.server_key().post(LIST, &body).await, 201)
}

async fn get(role: &Role<'_>, path: &str) -> TestResponse {
    send(role, Method::GET, path, None).await
}

async fn put(w: &World, conversation: &Value, body: Value) -> Value {
    data(send(&w.server_key(), Method::PUT, &at(conversation), Some(&body)).await, 200)
}

/// Returns the `data` of a successful response.
#[track_caller]
fn data(answer: TestResponse, status: u16) -> Value {
    let body = answer.expect(status);
    has_keys(&body, &["success", "data"]);
    assert_eq!(body["success"], true);
    body["data"].clone()
}

#[track_caller]
fn assert_error(answer: TestResponse, status: u16, code: &str, word: &str) {
    let body = answer.expect(status);
    has_keys(&body, &["success", "error"]);
    has_keys(&body["error"], &["code", "message"]);
    assert_eq!((&body["success"], &body["error"]["code"]), (&json!(false), &json!(code)));
    assert!(body["error"]["message"].as_str().is_some_and(|text| text.contains(word)), "{body}");
}
