//! Deleting a message, and its effects on the conversation.

use deskless_tests::{Role, World};
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
async fn delete_updates_conversation_summary() {
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
    assert_eq!(now["firstResponseAt"], two["createdAt"], "the first response time is kept");
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
async fn newest_reply_is_found_among_many_notes() {
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
async fn delete_does_not_move_conversation_back() {
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
async fn delete_increments_conversation_version() {
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
async fn unknown_message_is_404() {
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
async fn delete_honours_if_match() {
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
async fn concurrent_adds_and_deletes_keep_counts_exact() {
    let world = World::new().await;
    let ours = world.server_key();
    let path = ours.open_path().await;
    let mut said = Vec::new();
    for role in ["user", "assistant", "user", "assistant"] {
        said.push(say(&ours, &path, json!({ "body": role, "role": role })).await);
    }
    world.clock.advance_millis(1000);
    let thread = format!("{path}/messages");
    let gone = said.iter().map(|message| {
        let message = format!("{thread}/{}", message["id"].as_str().expect("an id"));
        ours.ask(Method::DELETE, &message).send_now()
    });
    let new = (0..4).map(|i| ours.ask(Method::POST, &thread).json(&json!({ "body": i.to_string() })).send_now());
    let (gone, new) = futures_util::join!(futures_util::future::join_all(gone), futures_util::future::join_all(new));
    assert!(gone.iter().all(|answer| answer.status == 204), "{gone:?}");
    assert!(new.iter().all(|answer| answer.status == 201), "{new:?}");
    let now = conversation(&ours, &path).await;
    assert_eq!((&now["messageCount"], &now["unreadCount"]), (&json!(4), &json!(4)));
    world.assert_sound().await;
}
