use deskless_tests::example_conversation;
use http::Method;
use serde_json::{Value, json};

use super::{PATH, browser, opening, path_of, world};

fn members(object: &Value) -> Vec<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn customer_view_has_its_own_fields() {
    let (world, secret) = world().await;
    let mut body = example_conversation();
    body["tags"] = json!(["vip"]);
    body["metadata"] = json!({ "plan": "free" });
    let path = path_of(&world.server_key().open(&body).await);
    let thread = format!("{path}/messages");
    let said = json!({
        "role": "assistant", "body": "Hi", "metadata": { "k": "v" },
        "sender": { "id": "m1", "name": "Grace", "email": "grace@example.com" },
    });
    let _ = world.server_key().post(&thread, &said).await.expect(201);
    let ada = browser(&world, &secret, "cus_123");
    let known = [
        "channel",
        "closedAt",
        "createdAt",
        "customer",
        "id",
        "lastMessageAt",
        "number",
        "object",
        "preview",
        "status",
        "subject",
    ];
    let one = ada.get(&path).await.expect(200);
    assert_eq!(members(&one), ["conversation"]);
    assert_eq!(members(&one["conversation"]), known);
    assert_eq!(members(&one["conversation"]["customer"]), ["company", "email", "id", "name", "phone"]);
    assert_eq!(ada.get(PATH).await.expect(200)["conversations"], json!([one["conversation"]]));
    let opened = ada.post(PATH, &opening()).await.expect(201);
    assert_eq!(members(&opened), ["conversation", "customerToken"]);
    assert_eq!(members(&opened["conversation"]), known);
    let list = ada.get(&thread).await.expect(200);
    let known = ["attachments", "body", "conversationId", "createdAt", "id", "object", "role", "sender", "type"];
    assert_eq!(members(&list["messages"][0]), known);
    assert_eq!(list["messages"][0]["sender"], json!({ "name": "Grace" }));
    let said = ada.post(&thread, &json!({ "body": "Hi" })).await.expect(201);
    assert_eq!(members(&said["message"]), known);
}

/// Returns the customer's view of a conversation and its thread.
async fn visible(ada: &deskless_tests::Role<'_>, path: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    for path in [
        path,
        PATH,
        &format!("{path}/messages"),
        &format!("{path}/messages?limit=2"),
        &format!("{path}/messages?order=desc"),
        &format!("{path}/messages?order=desc&limit=1"),
    ] {
        let answer = ada.get(path).await;
        let etag = answer.header("etag").map(str::to_owned);
        seen.push(json!([etag, answer.expect(200)]));
    }
    seen
}

#[tokio::test]
async fn customer_view_hides_internal_data() {
    let (world, secret) = world().await;
    let ada = browser(&world, &secret, "cus_ada");
    let path = path_of(&ada.post(PATH, &opening()).await.expect(201)["conversation"]);
    let thread = format!("{path}/messages");
    let ours = world.server_key();
    for body in ["One", "Two"] {
        let _ = ours.post(&thread, &json!({ "role": "assistant", "body": body })).await.expect(201);
    }
    let before = visible(&ada, &path).await;
    for _ in 0..7 {
        let _ = ours.post(&thread, &json!({ "type": "note", "body": "Rings often." })).await.expect(201);
    }
    let _ = ours.patch(&path, &json!({ "tags": ["vip"], "priority": "high", "escalated": true })).await.expect(200);
    assert_eq!(visible(&ada, &path).await, before);
    world.assert_sound().await;
}

#[tokio::test]
async fn hidden_notes_do_not_shorten_pages() {
    let (world, secret) = world().await;
    let ada = browser(&world, &secret, "cus_ada");
    let path = path_of(&ada.post(PATH, &json!({ "subject": "a" })).await.expect(201)["conversation"]);
    let thread = format!("{path}/messages");
    let mut replies = Vec::new();
    for i in 0..14 {
        let reply = i % 4 == 0;
        let body = json!({ "role": "assistant", "type": if reply { "reply" } else { "note" }, "body": i.to_string() });
        let _ = world.server_key().post(&thread, &body).await.expect(201);
        if reply {
            replies.push(json!(i.to_string()));
        }
    }
    for order in ["asc", "desc"] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        for page in 1.. {
            let list = ada.get(&format!("{thread}?limit=1&order={order}{cursor}")).await.expect(200);
            let messages = list["messages"].as_array().expect("a list");
            assert_eq!(messages.len(), 1, "page {page} is full");
            seen.push(messages[0]["body"].clone());
            cursor = format!("&cursor={}", list["nextCursor"].as_str().expect("never null"));
            if list["hasMore"] == false {
                break;
            }
        }
        if order == "desc" {
            seen.reverse();
        }
        assert_eq!(seen, replies);
        let end = ada.get(&format!("{thread}?order={order}{cursor}")).await.expect(200);
        assert_eq!((&end["messages"], &end["hasMore"]), (&json!([]), &json!(false)));
        if order == "asc" {
            let said = ada.post(&thread, &json!({ "body": "more" })).await.expect(201);
            let next = ada.get(&format!("{thread}?order={order}{cursor}")).await.expect(200);
            assert_eq!(next["messages"], json!([said["message"]]), "who keeps asking misses nothing");
            replies.push(json!("more"));
        }
    }
}

#[tokio::test]
async fn customer_etag_follows_visible_changes() {
    let (world, secret) = world().await;
    let ada = browser(&world, &secret, "cus_ada");
    let opened = ada.post(PATH, &opening()).await;
    let tag = opened.header("etag").expect("a tag").to_owned();
    let path = path_of(&opened.expect(201)["conversation"]);
    let known = |tag: &str| ada.ask(Method::GET, &path).header("if-none-match", tag);
    let _ = known(&tag).send().await.expect(304);
    let said = json!({ "role": "assistant", "body": "On its way." });
    let _ = world.server_key().post(&format!("{path}/messages"), &said).await.expect(201);
    let _ = known(&tag).send().await.expect(200);
}
