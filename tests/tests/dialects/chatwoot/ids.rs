//! Whole numbers as ids, and our ids in their place.

use std::collections::HashSet;

use deskless_domain::Clock;
use deskless_tests::{World, example_conversation};
use http::Method;
use serde_json::json;

const ACCOUNT: &str = "/dialects/chatwoot/api/v1/accounts/1";

#[tokio::test]
async fn many_conversations_of_one_moment_are_found_by_number() {
    let world = World::new().await;
    let key = world.server_key();
    let mut numbers = HashSet::new();
    let moment = world.clock.now();
    for i in 0..30 {
        world.clock.set(moment);
        let body = json!({ "source_id": format!("cus_{i}") });
        let made = key.post(&format!("{ACCOUNT}/conversations"), &body).await.expect(200);
        assert!(numbers.insert(made["id"].as_u64().expect("a number")));
        let shown = key.get(&format!("{ACCOUNT}/conversations/{}", made["id"])).await.expect(200);
        assert_eq!((&shown["uuid"], &shown["display_id"]), (&made["uuid"], &made["id"]));
    }
    assert!(numbers.iter().all(|number| *number < 1 << 53));
}

#[tokio::test]
async fn conversation_of_our_api_has_a_number_and_an_id() {
    let world = World::new().await;
    let key = world.server_key();
    let ours = key.open(&example_conversation()).await;
    let id = ours["id"].as_str().expect("an id");
    let by_id = key.get(&format!("{ACCOUNT}/conversations/{id}")).await.expect(200);
    let by_number = key.get(&format!("{ACCOUNT}/conversations/{}", by_id["id"])).await.expect(200);
    assert_eq!(by_id, by_number);
    assert_eq!((&by_id["uuid"], &by_id["meta"]["sender"]["id"]), (&ours["id"], &ours["customer"]["id"]));
}

#[tokio::test]
async fn message_is_deleted_by_number() {
    let world = World::new().await;
    let key = world.server_key();
    let made = key.post(&format!("{ACCOUNT}/conversations"), &json!({ "source_id": "cus_1" })).await.expect(200);
    let messages = format!("{ACCOUNT}/conversations/{}/messages", made["id"]);
    let mut ids = Vec::new();
    for i in 0..25 {
        let body = json!({ "content": format!("Message {i}") });
        ids.push(key.post(&messages, &body).await.expect(200)["id"].clone());
    }
    let newest = key.get(&messages).await.expect(200);
    let shown: Vec<_> = newest["payload"].as_array().expect("a list").iter().map(|m| m["id"].clone()).collect();
    assert_eq!(shown, ids[5..], "the newest 20, oldest first");
    let earlier = key.get(&format!("{messages}?before={}", ids[5])).await.expect(200);
    assert_eq!(earlier["payload"][0]["content"], "Message 0");
    assert_eq!(earlier["payload"].as_array().map(Vec::len), Some(5));
    let later = key.get(&format!("{messages}?after={}", ids[22])).await.expect(200);
    assert_eq!(later["payload"][0]["content"], "Message 23");
    let deleted = key.ask(Method::DELETE, &format!("{messages}/{}", ids[24])).send().await.expect(200);
    assert_eq!(deleted["content_attributes"], json!({ "deleted": true }));
    let left = key.get(&messages).await.expect(200);
    assert_eq!(left["payload"][19]["content"], "Message 23");
}

#[tokio::test]
async fn number_of_another_workspace_is_not_found() {
    let world = World::new().await;
    let made =
        world.server_key().post(&format!("{ACCOUNT}/conversations"), &json!({ "source_id": "c" })).await.expect(200);
    let other = world.other_workspace();
    let path = format!("{ACCOUNT}/conversations/{}", made["id"]);
    assert_eq!(other.get(&path).await.expect(404), json!({ "error": "Resource could not be found" }));
    let own = world.tenant().await.workspace_id().to_string();
    let path = format!("/dialects/chatwoot/api/v1/accounts/{own}/conversations");
    let _ = other.get(&path).await.expect(404);
    let _ = world.server_key().get(&path).await.expect(200);
}
