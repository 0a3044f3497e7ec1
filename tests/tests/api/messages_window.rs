//! The reply window of Meta's channels.

use deskless_tests::{Role, World, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

use crate::messages_transform::{DAY, media, open, requests, transform};

async fn say(role: &Role<'_>, path: &str, body: Value) -> Value {
    role.post(&format!("{path}/messages"), &body).await.expect(201)["message"].clone()
}

async fn delete(role: &Role<'_>, path: &str, message: &Value) {
    let message = format!("{path}/messages/{}", message["id"].as_str().expect("an id"));
    let _ = role.ask(Method::DELETE, &message).send().await.expect(204);
}

async fn conversation(role: &Role<'_>, path: &str) -> Value {
    role.get(path).await.expect(200)["conversation"].clone()
}

#[tokio::test]
async fn meta_window_starts_at_last_customer_message() {
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
        assert_eq!(conversation(&ours, &path).await["windowExpiresAt"], wanted, "the provider's window is unchanged");
        let list = ours.get(&format!("/api/v1/conversations?channel={channel}")).await.expect(200);
        assert_eq!(list["conversations"][0]["windowExpiresAt"], wanted);

        body["message"] = json!({ "body": "Hi" });
        let made = ours.open(&body).await;
        let wanted = if has_window { day_later(&made["createdAt"]) } else { Value::Null };
        assert_eq!(made["windowExpiresAt"], wanted, "{channel}");
    }
    world.assert_sound().await;
}

#[tokio::test]
async fn expired_window_allows_only_notes_and_templates() {
    let world = World::new().await;
    let ours = world.server_key();
    for (channel, key) in
        [("whatsapp", "whatsapp_+491234567"), ("instagram", "instagram_1"), ("messenger", "messenger_1")]
    {
        let path = open(&ours, channel, key).await;
        let opened = ours.get(&path).await.expect(200)["conversation"].clone();
        let end = &opened["windowExpiresAt"];
        let shown = transform(&ours, &path, json!({ "body": "Hello" })).await.expect(200);
        assert_eq!(&shown["transform"]["windowExpiresAt"], end);
        // Each request advances the clock by a second. The next one is sent a second before the window ends.
        let end = deskless_domain::Timestamp::parse(end.as_str().expect("a time")).expect("a time");
        world.clock.advance_millis(end.as_millis() - deskless_domain::Clock::now(&*world.clock).as_millis() - 2000);
        let _ = transform(&ours, &path, json!({ "body": "Hello" })).await.expect(200);
        let _ = transform(&ours, &path, json!({ "body": "Hello" })).await.expect_problem(422, "window_closed");
        let _ = transform(&ours, &path, json!({ "media": media("image") })).await.expect_problem(422, "window_closed");
        let note = transform(&ours, &path, json!({ "body": "Hello", "type": "note" })).await.expect(200);
        assert_eq!(note["transform"]["requests"], json!([]), "a note is never sent");
        let template = json!({ "template": { "name": "hello", "language": "de" } });
        let template = transform(&ours, &path, template).await;
        if channel == "whatsapp" {
            let _ = template.expect(200);
        } else {
            let _ = template.expect_invalid(&["template"]);
        }
        let _ = ours.post(&format!("{path}/messages"), &json!({ "body": "Still there?" })).await.expect(201);
        let _ = transform(&ours, &path, json!({ "body": "Yes" })).await.expect(200);
        world.clock.advance_millis(DAY);
        let stored = ours.post(&format!("{path}/messages"), &json!({ "role": "assistant", "body": "Yes" })).await;
        let _ = stored.expect(201);
    }
}

#[tokio::test]
async fn window_stays_closed_until_customer_writes() {
    let world = World::new().await;
    let ours = world.server_key();
    let mut body = minimal_conversation();
    body["channel"] = json!("whatsapp");
    body["customer"]["phone"] = json!("+49 (123) 456-789");
    let path = format!("/api/v1/conversations/{}", ours.open(&body).await["id"].as_str().expect("an id"));
    let _ = transform(&ours, &path, json!({ "body": "Hello" })).await.expect_problem(422, "window_closed");
    let template = json!({ "template": { "name": "hello", "language": "de" } });
    assert_eq!(requests(&ours, &path, template).await[0]["body"]["to"], "+49123456789", "the customer's phone");
}
