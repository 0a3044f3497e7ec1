//! A conversation in the middle of its life fits one write unit, which is 1,024 bytes.
//!
//! Who made the last change (`ac`) takes 25 of them. Events need it, and the item is the only place that is written with each change.

use deskless_tests::World;
use serde_json::{Value, json};

const CONVERSATIONS: &str = "/api/v1/conversations";
/// The length of a preview, in characters.
const PREVIEW: usize = 140;

/// Creates a conversation as it is after some exchange: assigned, in an inbox, with tags, metadata, read messages and
/// a reply of the customer that is longer than the preview. Returns the size of its item.
async fn size(subject: &str, name: &str, sentence: &str) -> usize {
    let world = World::new().await;
    let role = world.server_key();
    let inbox = json!({ "name": "Support", "channel": "email" });
    let inbox = role.post("/api/v1/inboxes", &inbox).await.expect(201)["inbox"]["id"].clone();
    let member = json!({ "name": "Grace Hopper", "email": "grace@example.com" });
    let member = role.post("/api/v1/members", &member).await.expect(201)["member"]["id"].clone();
    let opened = role
        .open(&json!({
            "subject": subject,
            "channel": "email",
            "customer": { "id": "user_2f9c4b7e81d04a6fb3c5d7e9a1b", "name": name, "email": "customer.name@example.com" },
            "inboxId": inbox,
            "tags": ["billing", "vip"],
            "metadata": { "plan": "pro", "orderId": "A-20931" },
        }))
        .await;
    let id = opened["id"].as_str().expect("an id");
    let path = format!("{CONVERSATIONS}/{id}");
    let _ = role.patch(&path, &json!({ "assigneeId": member, "priority": "high" })).await.expect(200);
    let replies = [("user", "Hello"), ("assistant", "Hello, how can I help?")];
    for (role_name, body) in replies {
        let message = json!({ "body": body, "role": role_name });
        let _ = role.post(&format!("{path}/messages"), &message).await.expect(201);
    }
    let _ = role.post(&format!("{path}/read"), &json!({})).await.expect(200);
    let body: String = sentence.chars().cycle().take(2 * PREVIEW).collect();
    let _ = role.post(&format!("{path}/messages"), &json!({ "body": body })).await.expect(201);

    let row = world.conversation_row(id).await.expect("the conversation");
    let preview: String = body.chars().take(PREVIEW).collect();
    assert_eq!(row.preview(), Some(preview));
    for attribute in ["assigneeId", "firstResponseAt", "inboxId", "metadata", "p3", "p4", "readUpTo", "tags"] {
        assert!(row.has(attribute), "{attribute}: {:#}", row.0);
    }
    let shown: Value = role.get(&path).await.expect(200)["conversation"].clone();
    assert_eq!(shown["unreadCount"], 1);
    world.assert_sound().await;
    row.size()
}

#[tokio::test]
async fn conversation_with_cyrillic_preview_takes_one_unit() {
    let size =
        size("Не могу войти в личный кабинет", "Мария Иванова", "Не могу войти, пишет «неверный пароль». ").await;
    println!("a conversation with a Cyrillic preview takes {size} bytes");
    assert!(size <= 1024, "{size} bytes");
}

#[tokio::test]
async fn conversation_with_chinese_preview_takes_one_unit() {
    let size = size("无法登录我的账户，请帮忙处理", "王小明", "我无法登录我的账户，系统提示密码错误。").await;
    println!("a conversation with a Chinese preview takes {size} bytes");
    assert!(size <= 1024, "{size} bytes");
}
