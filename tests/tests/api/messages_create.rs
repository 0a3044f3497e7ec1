use deskless_tests::{World, minimal_conversation};
use serde_json::{Value, json};

async fn say(world: &World, path: &str, body: Value) -> Value {
    world.server_key().post(&format!("{path}/messages"), &body).await.expect(201)["message"].clone()
}

async fn conversation(world: &World, path: &str) -> Value {
    world.server_key().get(path).await.expect(200)["conversation"].clone()
}

#[tokio::test]
async fn message_has_all_fields() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let mut message = say(&world, &path, json!({ "body": "Hi" })).await;
    let id = message["id"].take();
    assert_eq!(path, format!("/api/v1/conversations/{}", message["conversationId"].take().as_str().expect("an id")));
    insta::assert_json_snapshot!(message, @r#"
    {
      "attachments": [],
      "body": "Hi",
      "channel": "api",
      "content": null,
      "conversationId": null,
      "createdAt": "2026-06-28T18:00:02.000Z",
      "deliveryStatus": "delivered",
      "externalId": null,
      "id": null,
      "metadata": {},
      "object": "message",
      "role": "user",
      "sender": null,
      "type": "reply"
    }
    "#);
    let path = format!("{path}/messages/{}", id.as_str().expect("an id"));
    let answer = world.server_key().get(&path).await;
    assert_eq!(answer.header("etag"), Some("\"1\""));
    message["id"] = id;
    message["conversationId"] = answer.json()["message"]["conversationId"].clone();
    assert_eq!(answer.expect(200)["message"], message);
}

#[tokio::test]
async fn customer_reply_reopens_solved_conversation() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    for status in ["waiting", "solved"] {
        let _ = world.server_key().patch(&path, &json!({ "status": status })).await.expect(200);
        let _ = say(&world, &path, json!({ "body": "It is back" })).await;
        let now = conversation(&world, &path).await;
        assert_eq!(
            (&now["status"], &now["resolution"], &now["closedAt"]),
            (&json!("open"), &Value::Null, &Value::Null)
        );
        let list = world.server_key().get("/api/v1/conversations?status=open").await.expect(200);
        assert_eq!(list["conversations"], json!([now]));
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn other_messages_do_not_reopen_conversation() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let _ = world.server_key().patch(&path, &json!({ "status": "solved" })).await.expect(200);
    for body in [
        json!({ "role": "assistant", "body": "Done" }),
        json!({ "role": "system", "body": "Closed by rule" }),
        json!({ "type": "note", "body": "Rings often" }),
        json!({ "type": "note", "role": "user", "body": "As heard on the phone" }),
    ] {
        let _ = say(&world, &path, body.clone()).await;
        assert_eq!(conversation(&world, &path).await["status"], "solved", "{body}");
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn reply_updates_conversation_preview_and_order() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let _ = say(&world, &path, json!({ "body": "One" })).await;
    let _ = say(&world, &path, json!({ "body": "Two" })).await;
    let now = conversation(&world, &path).await;
    assert_eq!((&now["preview"], &now["awaitingReply"]), (&json!("Two"), &json!(true)));
    assert_eq!((&now["messageCount"], &now["unreadCount"]), (&json!(2), &json!(2)));
    assert_eq!(now["firstResponseAt"], Value::Null);
    let reply = say(&world, &path, json!({ "role": "assistant", "body": "Three" })).await;
    let _ = say(&world, &path, json!({ "role": "assistant", "body": "ß".repeat(200) })).await;
    let now = conversation(&world, &path).await;
    assert_eq!(now["preview"], "ß".repeat(140));
    assert_eq!((&now["awaitingReply"], &now["unreadCount"]), (&json!(false), &json!(2)));
    assert_eq!(now["firstResponseAt"], reply["createdAt"]);
    assert_eq!((&now["messageCount"], &now["lastMessageAt"]), (&json!(4), &now["updatedAt"]));
    world.assert_sound().await;
}

#[tokio::test]
async fn note_changes_only_message_count() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let _ = say(&world, &path, json!({ "body": "Hi" })).await;
    let before = conversation(&world, &path).await;
    let note = say(&world, &path, json!({ "type": "note", "body": "Rings often" })).await;
    assert_eq!(note["role"], "assistant");
    let mut after = conversation(&world, &path).await;
    assert_eq!(after["messageCount"], 2);
    after["messageCount"] = before["messageCount"].clone();
    after["updatedAt"] = before["updatedAt"].clone();
    assert_eq!(after, before);
}

#[tokio::test]
async fn provider_channel_reply_starts_queued() {
    let world = World::new().await;
    for (channel, wanted) in
        [("whatsapp", "queued"), ("sms", "queued"), ("live-chat", "delivered"), ("api", "delivered")]
    {
        let mut body = minimal_conversation();
        body["channel"] = json!(channel);
        let made = world.server_key().open(&body).await;
        let path = format!("/api/v1/conversations/{}", made["id"].as_str().expect("an id"));
        let reply = say(&world, &path, json!({ "role": "assistant", "body": "Hi" })).await;
        assert_eq!((&reply["deliveryStatus"], &reply["channel"]), (&json!(wanted), &json!(channel)));
        assert_eq!(say(&world, &path, json!({ "body": "Hi" })).await["deliveryStatus"], "delivered");
        let note = say(&world, &path, json!({ "type": "note", "body": "Hi" })).await;
        assert_eq!(note["deliveryStatus"], "delivered");
    }
}

#[tokio::test]
async fn sender_and_metadata_are_stored() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let sender = json!({ "id": "agent-7", "name": "Grace", "email": "grace@example.com" });
    let body =
        json!({ "body": "Hi", "role": "assistant", "sender": sender, "metadata": { "model": "x", "tokens": 12 } });
    let made = say(&world, &path, body).await;
    assert_eq!((&made["sender"], &made["metadata"]), (&sender, &json!({ "model": "x", "tokens": 12 })));
    let sender = json!({ "id": null, "name": null, "email": "ada@example.com" });
    let made = say(&world, &path, json!({ "body": "Hi", "sender": { "email": "ada@example.com" } })).await;
    assert_eq!(made["sender"], sender);
}

#[tokio::test]
async fn body_is_limited_to_8000_characters() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let longest = "🦀".repeat(8000);
    assert_eq!(say(&world, &path, json!({ "body": longest })).await["body"], longest);
    let answer = world.server_key().post(&format!("{path}/messages"), &json!({ "body": "x".repeat(8001) })).await;
    let problem = answer.expect_invalid(&["body"]);
    assert_eq!(problem["error"], "`body` must be at most 8000 characters; it has 8001.");
    world.assert_sound().await;
}

#[tokio::test]
async fn invalid_message_changes_nothing() {
    let world = World::new().await;
    let path = world.server_key().open_path().await;
    let thread = format!("{path}/messages");
    let before = conversation(&world, &path).await;
    let ours = world.server_key();
    let _ = ours.post(&thread, &json!({})).await.expect_invalid(&["body"]);
    let _ = ours.post(&thread, &json!({ "body": "" })).await.expect_invalid(&["body"]);
    let _ = ours.post(&thread, &json!({ "body": 7, "role": "bot" })).await.expect_invalid(&["body", "role"]);
    let _ = ours.post(&thread, &json!({ "body": "a\u{0}b" })).await.expect_invalid(&["body"]);
    let wrong_sender = json!({ "body": "a", "sender": { "email": "ada", "nick": "x" } });
    let _ = ours.post(&thread, &wrong_sender).await.expect_invalid(&["sender.email", "sender.nick"]);
    let _ = ours.post(&thread, &json!({ "content": "a" })).await.expect_invalid(&["body", "content"]);
    assert_eq!(conversation(&world, &path).await, before);
}

#[tokio::test]
async fn message_to_unknown_conversation_is_404() {
    let world = World::new().await;
    let theirs = world.other_workspace().open_path().await;
    for path in
        [theirs.as_str(), "/api/v1/conversations/01900000-0000-7000-8000-000000000001", "/api/v1/conversations/x"]
    {
        let answer = world.server_key().post(&format!("{path}/messages"), &json!({ "body": "Hi" })).await;
        let _ = answer.expect_problem(404, "not_found");
    }
    assert!(!world.rows().await.iter().any(|row| row.sk().starts_with("M#")));
}
