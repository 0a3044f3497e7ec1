//! The dialect `openai`.

mod conversations;
mod create;
mod errors;
mod kinds;
mod pages;
mod people;
mod retries;
mod sdk;

use deskless_tests::{TestResponse, World};
use http::Method;
use serde_json::{Value, json};

const BASE: &str = "/dialects/openai/v1/conversations";

/// Sends a request with a server key.
async fn ask(world: &World, method: Method, path: &str, body: Option<&Value>) -> TestResponse {
    let ask = world.server_key().ask(method, &format!("{BASE}{path}"));
    match body {
        Some(body) => ask.json(body).send().await,
        None => ask.send().await,
    }
}

/// Creates a conversation and returns its path behind [`BASE`].
async fn open(world: &World, body: &Value) -> String {
    let conversation = ask(world, Method::POST, "", Some(body)).await.expect(200);
    format!("/{}", conversation["id"].as_str().expect("an id"))
}

/// Adds items and returns the list.
async fn add(world: &World, conversation: &str, items: &Value) -> Value {
    ask(world, Method::POST, &format!("{conversation}/items"), Some(&json!({ "items": items }))).await.expect(200)
}

/// Returns the items of a conversation, oldest first.
async fn items(world: &World, conversation: &str) -> Vec<Value> {
    let list = ask(world, Method::GET, &format!("{conversation}/items?order=asc&limit=100"), None).await.expect(200);
    assert_eq!(list["has_more"], false);
    list["data"].as_array().expect("items").clone()
}

/// Returns a user's message.
fn user(text: &str) -> Value {
    json!({ "type": "message", "role": "user", "content": text })
}

/// Returns the texts of messages.
fn texts(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["content"][0]["text"].as_str().unwrap_or_default()).collect()
}

/// Returns the path of the same conversation in our own API.
fn own_path(conversation: &str) -> String {
    let digits = conversation.strip_prefix("/conv_").expect("an id");
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    format!("/api/v1/conversations/{}", parts.join("-"))
}

/// Asserts an error of the service.
#[track_caller]
fn assert_error(answer: TestResponse, status: u16, param: &str, code: &str, message: &str) {
    let text = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
    let error = json!({
        "message": message, "type": "invalid_request_error", "param": text(param), "code": text(code),
    });
    assert_eq!(answer.expect(status), json!({ "error": error }));
}
