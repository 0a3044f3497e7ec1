//! Files of predefined messages.

use deskless_tests::{Role, Upload, World, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

use super::predefined_messages::{PATH, UNKNOWN, path_of};

const FILES: &str = "/api/v1/files";

/// Uploads a file of this type and returns its ID.
async fn uploaded(role: &Role<'_>, conversation: &Value, content_type: &str) -> Value {
    let signed = role.sign(conversation, "file", content_type, 5).await.expect(201);
    Upload::of(&signed["upload"], "hello").expect_accepted().await;
    let body = json!({ "fileId": signed["file"]["id"] });
    role.post(FILES, &body).await.expect(200)["file"]["id"].clone()
}

async fn with_file(role: &Role<'_>, kind: &str, file: &Value) -> Value {
    let body = json!({ "title": "a", "content": "See here", "messageType": kind, "fileId": file });
    role.post(PATH, &body).await.expect(201)["predefinedMessage"].clone()
}

#[tokio::test]
async fn file_must_match_message_type() {
    let world = World::new().await;
    let role = world.server_key();
    let types =
        [("image", "image/png"), ("video", "video/mp4"), ("audio", "audio/ogg"), ("document", "application/pdf")];
    for (kind, content_type) in types {
        let file = uploaded(&role, &Value::Null, content_type).await;
        for other in ["text", "image", "video", "document", "audio", "location"] {
            let body = json!({ "title": "a", "content": "b", "messageType": other, "fileId": file });
            let answer = role.post(PATH, &body).await;
            if other == kind {
                let made = answer.expect(201)["predefinedMessage"].clone();
                assert_eq!(made["fileId"], file);
                let path = path_of(&made);
                let _ = role.patch(&path, &json!({ "messageType": "text" })).await.expect_invalid(&["fileId"]);
                let change = json!({ "messageType": "text", "fileId": null });
                let changed = role.patch(&path, &change).await.expect(200)["predefinedMessage"].clone();
                assert_eq!((&changed["messageType"], &changed["fileId"]), (&json!("text"), &Value::Null));
                let _ = role.patch(&path, &json!({ "fileId": file })).await.expect_invalid(&["fileId"]);
                let change = json!({ "messageType": kind, "fileId": file });
                let changed = role.patch(&path, &change).await.expect(200)["predefinedMessage"].clone();
                assert_eq!(changed["fileId"], file);
            } else {
                let _ = answer.expect_invalid(&["fileId"]);
            }
        }
        let body = json!({ "title": "a", "content": "b", "messageType": kind });
        assert_eq!(role.post(PATH, &body).await.expect(201)["predefinedMessage"]["fileId"], Value::Null);
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn only_registered_workspace_file_is_accepted() {
    let world = World::new().await;
    let role = world.server_key();
    let conversation = role.open(&minimal_conversation()).await;
    let pending = role.sign(&Value::Null, "file", "image/png", 5).await.expect(201)["file"]["id"].clone();
    let foreign = uploaded(&world.other_workspace(), &Value::Null, "image/png").await;
    let of_a_conversation = uploaded(&role, &conversation["id"], "image/png").await;
    let message = with_file(&role, "image", &uploaded(&role, &Value::Null, "image/png").await).await;
    for file in [pending, foreign, of_a_conversation, json!(UNKNOWN), json!("x")] {
        let body = json!({ "title": "a", "content": "b", "messageType": "image", "fileId": file });
        let _ = role.post(PATH, &body).await.expect_invalid(&["fileId"]);
        let _ = role.patch(&path_of(&message), &json!({ "fileId": file })).await.expect_invalid(&["fileId"]);
    }
    assert_eq!(role.get(&path_of(&message)).await.expect(200)["predefinedMessage"], message);
}

#[tokio::test]
async fn sent_message_has_the_file() {
    let world = World::new().await;
    let role = world.server_key();
    let opened = role.open(&minimal_conversation()).await;
    let thread = format!("/api/v1/conversations/{}/messages", opened["id"].as_str().expect("an id"));
    let file = uploaded(&role, &Value::Null, "image/png").await;
    let message = with_file(&role, "image", &file).await;
    let attachment =
        json!({ "fileId": file, "name": "file", "contentType": "image/png", "size": 5, "category": "image" });
    let body = json!({ "role": "assistant", "predefinedMessageId": message["id"] });
    let said = role.post(&thread, &body).await.expect(201)["message"].clone();
    assert_eq!((&said["body"], &said["attachments"]), (&json!("See here"), &json!([attachment])));
    let opening = json!({ "subject": "a", "customer": { "id": "c" }, "message": body });
    let opened = role.open(&opening).await;
    let messages = role.get(&format!("/api/v1/conversations/{}/messages", opened["id"].as_str().expect("an id"))).await;
    assert_eq!(messages.expect(200)["messages"][0]["attachments"], json!([attachment]));

    // The file follows the listed attachments, and appears once.
    let other = uploaded(&role, &Value::Null, "text/plain").await;
    for (named, wanted) in [(vec![&other], vec![&other, &file]), (vec![&file, &other], vec![&file, &other])] {
        let named: Vec<_> = named.into_iter().map(|id| json!({ "fileId": id })).collect();
        let body = json!({ "predefinedMessageId": message["id"], "attachments": named });
        let said = role.post(&thread, &body).await.expect(201)["message"].clone();
        let attached: Vec<_> = said["attachments"].as_array().expect("files").iter().map(|a| &a["fileId"]).collect();
        assert_eq!(attached, wanted);
    }
    let mut ten = Vec::new();
    for _ in 0..10 {
        ten.push(json!({ "fileId": uploaded(&role, &Value::Null, "text/plain").await }));
    }
    let body = json!({ "predefinedMessageId": message["id"], "attachments": ten });
    let _ = role.post(&thread, &body).await.expect_invalid(&["attachments"]);
    world.assert_sound().await;
}

#[tokio::test]
async fn message_with_deleted_file_cannot_be_sent() {
    let world = World::new().await;
    let role = world.server_key();
    let thread = format!("{}/messages", role.open_path().await);
    let file = uploaded(&role, &Value::Null, "image/png").await;
    let message = with_file(&role, "image", &file).await;
    let body = json!({ "predefinedMessageId": message["id"] });
    let ask = || role.ask(Method::POST, &thread).header("idempotency-key", "k").json(&body);
    let said = ask().send().await.expect(201);
    let path = format!("{FILES}/{}", file.as_str().expect("an id"));
    let _ = role.ask(Method::DELETE, &path).send().await.expect(204);
    let _ = role.post(&thread, &body).await.expect_invalid(&["predefinedMessageId"]);
    let opening = json!({ "subject": "a", "customer": { "id": "c" }, "message": body });
    let _ = role.post("/api/v1/conversations", &opening).await.expect_invalid(&["message.predefinedMessageId"]);
    assert_eq!(ask().send().await.expect(201), said, "a retry returns the same response");
    let _ = role.patch(&path_of(&message), &json!({ "fileId": null })).await.expect(200);
    assert_eq!(role.post(&thread, &body).await.expect(201)["message"]["attachments"], json!([]));
    world.assert_sound().await;
}
