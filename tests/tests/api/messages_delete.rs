//! Deleting a message, and what follows in its conversation.

use deskless_tests::{Role, World, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

async fn say(role: &Role<'_>, path: &str, body: Value) -> Value {
    role.post(&format!("{path}/messages"), &body).await.expect(201)["message"].clone()
}

async fn delete(role: &Role<'_>, path: &str, message: &Value) {
    let message = format!("{path}/messages/{}", message["id"].as_str().expect("an id"));
    let answer = role.ask(Method::DELETE, &message).send().await;
    assert!(answer.bytes.is_empty());
    let _ = answer.expect(204);
}

async fn conversation(role: &Role<'_>, path: &str) -> Value {
    role.get(path).await.expect(200)["conversation"].clone()
}

#[tokio::test]
async fn what_a_conversation_shows_follows() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let opened = conversation(&ours, &path).await;
    let one = say(&ours, &path, json!({ "body": "One" })).await;
    let two = say(&ours, &path, json!({ "body": "Two", "role": "assistant" })).await;
    let note = say(&ours, &path, json!({ "body": "Three", "type": "note" })).await;
    let four = say(&ours, &path, json!({ "body": "Four" })).await;
    let shown = |now: &Value| {
        ["messageCount", "unreadCount", "preview", "awaitingReply", "lastMessageAt"].map(|name| now[name].clone())
    };

    delete(&ours, &path, &four).await;
    let now = conversation(&ours, &path).await;
    assert_eq!(shown(&now), [json!(3), json!(1), json!("Two"), json!(false), two["createdAt"].clone()]);
    world.assert_sound().await;

    delete(&ours, &path, &one).await;
    let now = conversation(&ours, &path).await;
    assert_eq!(shown(&now), [json!(2), json!(0), json!("Two"), json!(false), two["createdAt"].clone()]);
    world.assert_sound().await;

    delete(&ours, &path, &two).await;
    let now = conversation(&ours, &path).await;
    assert_eq!(shown(&now), [json!(1), json!(0), opened["subject"].clone(), json!(false), opened["createdAt"].clone()]);
    assert_eq!(now["firstResponseAt"], two["createdAt"], "what happened has happened");
    world.assert_sound().await;

    delete(&ours, &path, &note).await;
    assert_eq!(conversation(&ours, &path).await["messageCount"], 0);
    assert_eq!(ours.get(&format!("{path}/messages")).await.expect(200)["messages"], json!([]));
    world.assert_sound().await;

    let five = say(&ours, &path, json!({ "body": "Five" })).await;
    let now = conversation(&ours, &path).await;
    assert_eq!(shown(&now), [json!(1), json!(1), json!("Five"), json!(true), five["createdAt"].clone()]);
    world.assert_sound().await;
}

#[tokio::test]
async fn the_newest_reply_is_found_behind_many_notes() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let _ = say(&ours, &path, json!({ "body": "First" })).await;
    for _ in 0..120 {
        let _ = say(&ours, &path, json!({ "body": "x", "type": "note" })).await;
    }
    let last = say(&ours, &path, json!({ "body": "Last", "role": "assistant" })).await;
    delete(&ours, &path, &last).await;
    let now = conversation(&ours, &path).await;
    assert_eq!((&now["preview"], &now["awaitingReply"]), (&json!("First"), &json!(true)));
    world.assert_sound().await;
}

#[tokio::test]
async fn a_conversations_place_in_lists_only_moves_forward() {
    let world = World::new().await;
    let ours = world.server_key();
    let (first, _) = (ours.open_path().await, ours.open_path().await);
    let said = say(&ours, &first, json!({ "body": "Hi" })).await;
    let order = async || {
        let list = ours.get("/api/v1/conversations").await.expect(200);
        let ids = list["conversations"].as_array().expect("rows").iter().map(|row| row["id"].clone());
        ids.collect::<Vec<_>>()
    };
    let before = order().await;
    delete(&ours, &first, &said).await;
    assert_eq!(order().await, before);
    world.assert_sound().await;
}

#[tokio::test]
async fn a_deletion_is_a_change_of_the_conversation() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let said = say(&ours, &path, json!({ "body": "Hi" })).await;
    delete(&ours, &path, &said).await;
    let answer = ours.get(&path).await;
    assert_eq!(answer.header("etag"), Some("\"3\""));
    assert_eq!(answer.expect(200)["conversation"]["updatedAt"], "2026-06-28T18:00:03.000Z");
}

#[tokio::test]
async fn what_is_not_there_cannot_be_deleted() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let said = say(&ours, &path, json!({ "body": "Hi" })).await;
    let message = format!("{path}/messages/{}", said["id"].as_str().expect("an id"));
    let foreign = world.other_workspace().ask(Method::DELETE, &message).send().await;
    let _ = foreign.expect_problem(404, "not_found");
    delete(&ours, &path, &said).await;
    let _ = ours.ask(Method::DELETE, &message).send().await.expect_problem(404, "not_found");
    let _ = ours.get(&message).await.expect_problem(404, "not_found");
    let _ = ours.patch(&message, &json!({ "externalId": "a" })).await.expect_problem(404, "not_found");
    world.assert_sound().await;
}

#[tokio::test]
async fn a_message_is_deleted_under_its_version() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let said = say(&ours, &path, json!({ "body": "Hi" })).await;
    let message = format!("{path}/messages/{}", said["id"].as_str().expect("an id"));
    let _ = ours.patch(&message, &json!({ "externalId": "a" })).await.expect(200);
    let under = async |tag: &str| ours.ask(Method::DELETE, &message).header("if-match", tag).send().await;
    let _ = under("\"1\"").await.expect_problem(412, "version_mismatch");
    let _ = under("\"2\"").await.expect(204);
    world.assert_sound().await;
}

#[tokio::test]
async fn the_window_of_metas_channels_runs_from_the_customers_last_message() {
    let world = World::new().await;
    let ours = world.server_key();
    for (channel, has_window) in [("whatsapp", true), ("instagram", true), ("messenger", true), ("sms", false)] {
        let mut body = minimal_conversation();
        body["channel"] = json!(channel);
        let made = ours.open(&body).await;
        assert_eq!(made["windowExpiresAt"], Value::Null, "the customer has not written");
        let path = format!("/api/v1/conversations/{}", made["id"].as_str().expect("an id"));
        let said = say(&ours, &path, json!({ "body": "Hi" })).await;
        let _ = say(&ours, &path, json!({ "body": "Hello", "role": "assistant" })).await;
        let _ = say(&ours, &path, json!({ "body": "x", "role": "user", "type": "note" })).await;
        let day_later = |time: &Value| {
            let time = deskless_domain::Timestamp::parse(time.as_str().expect("a time")).expect("a time");
            json!(time.plus_seconds(86_400).to_string())
        };
        let wanted = if has_window { day_later(&said["createdAt"]) } else { Value::Null };
        let now = conversation(&ours, &path).await;
        assert_eq!(now["windowExpiresAt"], wanted, "{channel}");
        delete(&ours, &path, &said).await;
        assert_eq!(conversation(&ours, &path).await["windowExpiresAt"], wanted, "the provider's window is as it was");
        let list = ours.get(&format!("/api/v1/conversations?channel={channel}")).await.expect(200);
        assert_eq!(list["conversations"][0]["windowExpiresAt"], wanted);

        body["message"] = json!({ "body": "Hi" });
        let made = ours.open(&body).await;
        let wanted = if has_window { day_later(&made["createdAt"]) } else { Value::Null };
        assert_eq!(made["windowExpiresAt"], wanted, "{channel}");
    }
    world.assert_sound().await;
}
