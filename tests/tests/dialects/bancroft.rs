//! The dialect `bancroft`.

mod conversations;
mod create;
mod errors;
mod messages;

use deskless_tests::{Role, TestResponse, World};
use http::Method;
use serde_json::{Value, json};

use crate::rows::{Row, send, walk};

const DOCUMENT: &str = include_str!("../../../docs/dialects/bancroft.md");
const LIST: &str = "/dialects/bancroft/api/v1/conversations/";
const CREATE: &str = "/dialects/bancroft/api/v1/conversations/create/";
const CONVERSATION: [&str; 10] =
    ["id", "number", "subject", "status", "priority", "channel", "metadata", "requester", "created_at", "updated_at"];

#[tokio::test]
async fn every_row_of_bancroft_is_proved() {
    let rows: Vec<Row> =
        [create::rows(), conversations::rows(), messages::rows(), errors::rows()].into_iter().flatten().collect();
    walk(DOCUMENT, rows).await;
}

fn at(conversation: &Value, rest: &str) -> String {
    format!("{LIST}{}/{rest}", conversation["id"].as_str().expect("an id"))
}

async fn create(role: &Role<'_>, body: Value) -> Value {
    role.post(CREATE, &body).await.expect(201)
}

/// Creates the conversation of the document's example.
async fn example(w: &World) -> Value {
    let body = json!({
        "subject": "Help with order #1234", "user_email": "customer@example.com", "user_first_name": "Jane",
        "user_last_name": "Doe", "channel": "web",
    });
    create(&w.server_key(), body).await
}

async fn get(role: &Role<'_>, path: &str) -> TestResponse {
    send(role, Method::GET, path, None).await
}

async fn say(w: &World, conversation: &Value, body: &str, email: &str) -> Value {
    let body = json!({ "body": body, "user_email": email });
    w.server_key().post(&at(conversation, "messages/create/"), &body).await.expect(201)
}

/// Returns a browser that has created a conversation, and the conversation.
async fn visitor(w: &World) -> (Role<'_>, Value) {
    let body = json!({ "subject": "Help", "user_email": "jane@example.com", "user_first_name": "Jane" });
    let answer = w.client_key().post(CREATE, &body).await;
    let token = answer.header("x-customer-token").expect("a token").to_owned();
    (w.client_key().on_behalf_of(&token), answer.expect(201))
}

#[track_caller]
fn assert_detail(answer: TestResponse, status: u16, word: &str) {
    let body = answer.expect(status);
    crate::rows::has_keys(&body, &["detail"]);
    assert!(body["detail"].as_str().is_some_and(|text| text.contains(word)), "{body}");
}
