//! The published contract of which this API is a superset. Each documented request is sent in the documented order, and
//! the documented fields are compared.

use deskless_tests::{World, example_conversation};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

/// Keeps the documented fields only, so that snapshots do not contain our additional ones.
fn only(object: &Value, members: &[&str]) -> Value {
    members.iter().map(|&name| (name.to_owned(), object[name].clone())).collect::<serde_json::Map<_, _>>().into()
}

const CONVERSATION: &[&str] = &[
    "object",
    "channel",
    "status",
    "priority",
    "subject",
    "preview",
    "createdAt",
    "updatedAt",
    "lastMessageAt",
    "closedAt",
];
const CUSTOMER: &[&str] = &["id", "name", "email", "company", "identitySource"];

#[tokio::test]
async fn create_conversation_matches_contract() {
    let world = World::new().await;
    let answer = world.server_key().post("/api/v1/conversations", &example_conversation()).await;
    let conversation = answer.expect(201)["conversation"].clone();
    assert_json_snapshot!(only(&conversation, CONVERSATION), @r#"
    {
      "channel": "api",
      "closedAt": null,
      "createdAt": "2026-06-28T18:00:01.000Z",
      "lastMessageAt": "2026-06-28T18:00:01.000Z",
      "object": "conversation",
      "preview": "Need help with auth",
      "priority": "medium",
      "status": "open",
      "subject": "Need help with auth",
      "updatedAt": "2026-06-28T18:00:01.000Z"
    }
    "#);
    assert_json_snapshot!(only(&conversation["customer"], CUSTOMER), @r#"
    {
      "company": "Example API Co",
      "email": "ada@example.com",
      "id": "cus_123",
      "identitySource": "headers",
      "name": "Ada Lovelace"
    }
    "#);
}

#[tokio::test]
async fn list_conversations_matches_contract() {
    let world = World::new().await;
    let created = world.server_key().open(&example_conversation()).await;
    let list = world.server_key().get("/api/v1/conversations?status=open&limit=10").await.expect(200);
    assert_eq!(list["object"], "list");
    assert_eq!(list["hasMore"], false);
    assert_eq!(list["conversations"], json!([created]));
}

#[tokio::test]
async fn existing_external_id_is_409() {
    let world = World::new().await;
    let _ = world.server_key().open(&example_conversation()).await;
    let answer = world.server_key().post("/api/v1/conversations", &example_conversation()).await;
    let _ = answer.expect_problem(409, "external_id_exists");
    world.assert_sound().await;
}

#[tokio::test]
async fn get_returns_created_conversation() {
    let world = World::new().await;
    let created = world.server_key().open(&example_conversation()).await;
    let path = format!("/api/v1/conversations/{}", created["id"].as_str().expect("an id"));
    assert_eq!(world.server_key().get(&path).await.expect(200), json!({ "conversation": created }));
}

#[tokio::test]
async fn solve_conversation_matches_contract() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let solved = world.server_key().patch(&path, &json!({ "status": "solved" })).await.expect(200);
    assert_eq!(solved["conversation"]["status"], "solved");
    assert_eq!(solved["conversation"]["closedAt"], "2026-06-28T18:00:02.000Z");
}

#[tokio::test]
async fn update_priority_and_subject_matches_contract() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let change = json!({ "priority": "p1", "subject": "Still need help" });
    let changed = world.server_key().patch(&path, &change).await.expect(200);
    assert_eq!(changed["conversation"]["priority"], "p1");
    assert_eq!(changed["conversation"]["subject"], "Still need help");
    assert_eq!(changed["conversation"]["preview"], "Still need help");
}

#[tokio::test]
async fn messages_match_contract() {
    let world = World::new().await;
    let path = format!("{}/messages", world.server_key().open_path().await);
    let body = json!({ "role": "user", "body": "I am getting a 401 from POST /orders." });
    let created = world.server_key().post(&path, &body).await.expect(201)["message"].clone();
    let members = &["object", "role", "body", "deliveryStatus", "createdAt"];
    assert_json_snapshot!(only(&created, members), @r#"
    {
      "body": "I am getting a 401 from POST /orders.",
      "createdAt": "2026-06-28T18:00:02.000Z",
      "deliveryStatus": "delivered",
      "object": "message",
      "role": "user"
    }
    "#);
    let list = world.server_key().get(&path).await.expect(200);
    assert_eq!(list["object"], "list");
    assert_eq!(list["messages"], json!([created]));
}

#[tokio::test]
async fn foreign_conversation_is_404() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let _ = world.other_workspace().get(&path).await.expect_problem(404, "not_found");
}
