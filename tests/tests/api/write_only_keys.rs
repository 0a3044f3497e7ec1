//! A key that may write but not read sees nothing that is stored.

use deskless_domain::Scope;
use deskless_tests::{KeyOptions, Role, TestResponse, World};
use http::Method;
use serde_json::{Value, json};

const CUSTOMERS: &str = "/api/v1/customers";
const CONVERSATIONS: &str = "/api/v1/conversations";
/// A text in everything that is stored.
const SECRET: &str = "Ada Lovelace";

async fn key<'w>(world: &'w World, scopes: &[Scope]) -> Role<'w> {
    world.with_key(&world.make_key(KeyOptions { scopes: scopes.to_vec(), ..KeyOptions::default() }).await)
}

/// Asserts that the answer shows nothing but where the resource is, and its version.
#[track_caller]
fn assert_hidden(answer: &TestResponse) {
    assert_eq!((answer.status.as_u16(), answer.bytes.len()), (204, 0), "{:?}", answer.bytes);
    assert_eq!(answer.header("content-type"), None);
    assert!(answer.header("etag").is_some());
}

#[tokio::test]
async fn upsert_hides_the_stored_customer() {
    let world = World::new().await;
    let stored = json!({ "id": "cus_1", "name": SECRET, "email": "ada@example.com" });
    let _ = world.server_key().post(CUSTOMERS, &stored).await.expect(201);
    let writer = key(&world, &[Scope::WriteCustomers]).await;
    assert_hidden(&writer.post(CUSTOMERS, &json!({ "id": "cus_1" })).await);
    assert_hidden(&writer.post(CUSTOMERS, &json!({ "email": "ada@example.com" })).await);
    assert_hidden(&writer.patch(&format!("{CUSTOMERS}/cus_1"), &json!({ "company": "ACME" })).await);
    let new = writer.post(CUSTOMERS, &json!({ "id": "cus_2" })).await;
    assert_hidden(&new);
    assert_eq!(new.header("location"), Some("/api/v1/customers/cus_2"));
    let writer = key(&world, &[Scope::WriteConversations]).await;
    let opening = json!({ "subject": "a", "customer": { "id": "cus_1" } });
    let opened = writer.post(CONVERSATIONS, &opening).await;
    assert_hidden(&opened);
    let path = opened.header("location").expect("a location").to_owned();
    assert_eq!(world.server_key().get(&path).await.expect(200)["conversation"]["customer"]["name"], SECRET);
    let reader = key(&world, &[Scope::WriteConversations, Scope::ReadConversations]).await;
    assert_eq!(reader.post(CONVERSATIONS, &opening).await.expect(201)["conversation"]["customer"]["name"], SECRET);
}

#[tokio::test]
async fn repeats_and_reads_hide_the_stored_message() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let messages = format!("{path}/messages");
    let _ = ours.post(&messages, &json!({ "body": SECRET, "externalId": "m1" })).await.expect(201);
    let writer = key(&world, &[Scope::WriteConversations]).await;
    assert_hidden(&writer.post(&messages, &json!({ "body": "guess", "externalId": "m1" })).await);
    for action in ["read", "resolve"] {
        assert_hidden(&writer.post(&format!("{path}/{action}"), &json!({})).await);
    }
    let dry = json!({ "action": "delete", "filter": { "status": "open" }, "dryRun": true });
    let problem = writer.post("/api/v1/bulk-actions", &dry).await.expect_problem(403, "forbidden");
    assert!(problem["error"].as_str().is_some_and(|text| text.contains("read:conversations")), "{problem}");
    let predefined = json!({ "title": "a", "content": "{{customer.name}}" });
    let predefined = ours.post("/api/v1/predefined-messages", &predefined).await.expect(201);
    let writer = key(&world, &[Scope::WriteConversations, Scope::ReadReplies]).await;
    let reply = json!({ "role": "assistant", "predefinedMessageId": predefined["predefinedMessage"]["id"] });
    let _ = writer.post(&messages, &reply).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn replay_shows_what_the_key_may_read_now() {
    let world = World::new().await;
    let scopes = vec![Scope::ReadConversations, Scope::WriteConversations];
    let made = world.make_key(KeyOptions { scopes, ..KeyOptions::default() }).await;
    let role = world.with_key(&made);
    let body = json!({ "subject": "a", "customer": { "id": "cus_1", "name": SECRET } });
    let ask = || role.ask(Method::POST, CONVERSATIONS).header("idempotency-key", "k").json(&body);
    let _ = ask().send().await.expect(201);
    let path = format!("/api/v1/api-keys/{}", made.key.id);
    let _ = world.server_key().patch(&path, &json!({ "scopes": ["write:conversations"] })).await.expect(200);
    world.clock.advance_millis(30_000);
    let replay = ask().send().await;
    assert_hidden(&replay);
    assert_eq!(replay.header("idempotent-replayed"), Some("true"));
}

#[tokio::test]
async fn new_secrets_are_shown_once() {
    let world = World::new().await;
    let keys = key(&world, &[Scope::WriteKeys]).await;
    let made = keys.post("/api/v1/api-keys", &json!({ "name": "a", "scopes": ["write:keys"] })).await.expect(201);
    assert!(made["secret"].is_string());
    let writer = key(&world, &[Scope::WriteAutomations, Scope::ReadConversations]).await;
    let hook = json!([{ "action": "call_webhook", "url": "https://hooks.example.com/a" }]);
    let body = json!({ "name": "a", "trigger": "manual", "actions": hook });
    let made = writer.post("/api/v1/automations", &body).await.expect(201);
    assert!(made["webhookSecret"].is_string());
    let path = format!("/api/v1/automations/{}", made["automation"]["id"].as_str().expect("an id"));
    assert_hidden(&writer.patch(&path, &json!({ "name": "b" })).await);
    // The response would show the stored automation beside the new secret.
    for change in [json!({ "rotateWebhookSecret": true }), json!({ "actions": hook })] {
        let _ = writer.patch(&path, &change).await.expect_problem(403, "forbidden");
    }
}

#[tokio::test]
async fn file_of_a_note_is_hidden_from_the_customer() {
    let world = World::new().await;
    let ours = world.server_key();
    let secret = world.rotate_identity().await;
    let ada = world.client_key().on_behalf_of(&world.token(&secret, "cus_ada"));
    let opened = ada.post(CONVERSATIONS, &json!({ "subject": "Hi" })).await.expect(201)["conversation"].clone();
    let thread = format!("{CONVERSATIONS}/{}/messages", opened["id"].as_str().expect("an id"));
    let file = ours.upload(&opened["id"], "a.txt", "internal").await;
    let path = format!("/api/v1/files/{}", file["id"].as_str().expect("an id"));
    let attached = |kind: &str| json!({ "role": "assistant", "type": kind, "body": "a", "attachments": [{ "fileId": file["id"] }] });
    let own: Value = json!({ "body": "a", "attachments": [{ "fileId": file["id"] }] });
    let assert_internal = async || {
        let _ = ada.get(&path).await.expect_problem(404, "not_found");
        let _ = ada.post("/api/v1/files", &json!({ "fileId": file["id"] })).await.expect_invalid(&["fileId"]);
        let _ = ada.post(&thread, &own).await.expect_invalid(&["attachments[0].fileId"]);
    };
    assert_internal().await;
    let _ = ours.post(&thread, &attached("note")).await.expect(201);
    assert_internal().await;
    let _ = ours.post(&thread, &attached("reply")).await.expect(201);
    assert!(ada.get(&path).await.expect(200)["file"]["downloadUrl"].is_string());
    let _ = ada.post(&thread, &own).await.expect(201);
    // A customer's own file stays theirs when a note refers to it.
    let theirs = ada.upload(&opened["id"], "b.txt", "mine").await;
    let note = json!({ "type": "note", "body": "a", "attachments": [{ "fileId": theirs["id"] }] });
    let _ = ours.post(&thread, &note).await.expect(201);
    let _ = ada.get(&format!("/api/v1/files/{}", theirs["id"].as_str().expect("an id"))).await.expect(200);
    world.assert_sound().await;
}
