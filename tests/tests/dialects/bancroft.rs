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

#[tokio::test]
async fn server_key_sends_up_to_256_kib() {
    let w = World::new().await;
    let long = "é".repeat(128 * 1024);
    let body = json!({ "subject": "Long", "user_email": "customer@example.com", "description": long });
    let made = create(&w.server_key(), body).await;
    let path = at(&made, "messages/create/");
    assert_eq!(say(&w, &made, &long, "customer@example.com").await["body"], long.as_str());
    let thread = get(&w.server_key(), &at(&made, "messages/")).await.expect(200);
    assert_eq!((&thread["results"][0]["body"], &thread["count"]), (&json!(long), &json!(2)));
    let longer = json!({ "body": format!("{long}x"), "user_email": "customer@example.com" });
    assert_detail(w.server_key().post(&path, &longer).await, 400, "`body` must be at most 262144 bytes");
    let longer = json!({ "subject": "Long", "description": format!("{long}x") });
    assert_detail(w.server_key().post(CREATE, &longer).await, 400, "`description` must be at most 262144 bytes");
    let (browser, own) = visitor(&w).await;
    let long = json!({ "body": "x".repeat(8_001), "user_email": "jane@example.com" });
    assert_detail(browser.post(&at(&own, "messages/create/"), &long).await, 400, "`body` must be at most 8000");
    let long = json!({ "subject": "Long", "description": "x".repeat(8_001) });
    assert_detail(w.client_key().post(CREATE, &long).await, 400, "`description` must be at most 8000");
}

#[tokio::test]
async fn spaces_around_a_name_are_no_first_name() {
    let w = World::new().await;
    let body = json!({ "subject": "Help", "user_first_name": "  Jane ", "user_last_name": " Doe " });
    let made = create(&w.server_key(), body).await;
    assert_eq!((&made["requester"]["first_name"], &made["requester"]["last_name"]), (&json!("Jane"), &json!("Doe")));
}
