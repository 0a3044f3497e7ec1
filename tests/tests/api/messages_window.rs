//! The reply window of Meta's channels.

use deskless_tests::{Role, World, minimal_conversation};
use http::Method;
use serde_json::{Value, json};

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
