//! The dialect `empfio`.

mod conversations;
mod errors;
mod leads;
mod list;
mod messages;

use deskless_tests::{Role, TestResponse, World};
use http::Method;
use serde_json::{Value, json};

use crate::rows::{Row, has_keys, open, say, send, walk};

const DOCUMENT: &str = include_str!("../../../docs/dialects/empfio.md");
const LIST: &str = "/dialects/empfio/api/v1/conversations";
const LEADS: &str = "/dialects/empfio/api/v1/leads";
const CONVERSATION: [&str; 11] = [
    "id",
    "lead_id",
    "session_key",
    "channel",
    "status",
    "message_count",
    "created_at",
    "updated_at",
    "lead",
    "last_message_at",
    "last_message_preview",
];
const MESSAGE: [&str; 6] = ["id", "conversation_id", "role", "content", "metadata", "created_at"];

#[tokio::test]
async fn every_row_of_empfio_is_proved() {
    let rows: Vec<Row> = [conversations::rows(), messages::rows(), list::rows(), leads::rows(), errors::rows()]
        .into_iter()
        .flatten()
        .collect();
    walk(DOCUMENT, rows).await;
}

fn at(conversation: &Value, rest: &str) -> String {
    format!("{LIST}/{}{rest}", conversation["id"].as_str().expect("an id"))
}

async fn get(role: &Role<'_>, path: &str) -> TestResponse {
    send(role, Method::GET, path, None).await
}

/// Returns a conversation as the list shows it.
async fn listed(w: &World, conversation: &Value) -> Value {
    let list = get(&w.server_key(), &format!("{LIST}?size=100")).await.expect(200);
    let rows = list["conversations"].as_array().expect("rows").clone();
    rows.into_iter().find(|one| one["id"] == conversation["id"]).expect("it is listed")
}

/// Creates the conversation of the document's example with our own API.
async fn example(w: &World) -> Value {
    let made = open(
        w,
        json!({
            "channel": "whatsapp", "sessionKey": "whatsapp_+49123456789",
            "customer": { "id": "550e8400-e29b-41d4-a716-446655440000", "name": "Jane Smith", "email": "jane@example.com" },
        }),
    )
    .await;
    let _ = say(w, &made["id"], json!({ "body": "Hi, I'd like to book a haircut" })).await;
    let answer = json!({ "role": "assistant", "body": "Hello! I'd be happy to help you book a haircut..." });
    let _ = say(w, &made["id"], answer).await;
    made
}

#[track_caller]
fn assert_detail(answer: TestResponse, status: u16, word: &str) {
    let body = answer.expect(status);
    has_keys(&body, &["detail"]);
    assert!(body["detail"].as_str().is_some_and(|text| text.contains(word)), "{body}");
}
