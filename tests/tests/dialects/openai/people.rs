use deskless_tests::World;
use http::Method;
use serde_json::json;

use super::{BASE, add, ask, items, open, own_path, user};

#[tokio::test]
async fn person_answers_and_the_client_sees_it() {
    let world = World::new().await;
    let path = open(&world, &json!({ "items": [user("Can I talk to a person?")] })).await;
    let own = format!("{}/messages", own_path(&path));
    for message in [
        json!({ "role": "assistant", "body": "Ada here." }),
        json!({ "type": "note", "body": "A nice customer." }),
        json!({ "role": "user", "body": "Thanks!" }),
    ] {
        let _ = world.server_key().post(&own, &message).await.expect(201);
    }
    let mut items = items(&world, &path).await;
    for item in &mut items {
        assert!(item["id"].take().as_str().is_some_and(|id| id.starts_with("msg_")), "{item}");
    }
    let text = |text: &str| json!([{ "type": "input_text", "text": text }]);
    let answer = json!([{ "type": "output_text", "text": "Ada here.", "annotations": [], "logprobs": [] }]);
    let message = |role: &str, content| json!({ "id": null, "type": "message", "status": "completed", "role": role, "content": content });
    let wanted = [
        message("user", text("Can I talk to a person?")),
        message("assistant", answer),
        message("user", text("Thanks!")),
    ];
    assert_eq!(items, wanted);
}

#[tokio::test]
async fn person_sees_what_the_client_wrote() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    let call = json!({ "type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}" });
    let list = add(&world, &path, &json!([user("Hi"), call, { "role": "assistant", "content": "Hello" }])).await;
    let thread = world.server_key().get(&format!("{}/messages", own_path(&path))).await.expect(200);
    let messages = thread["messages"].as_array().expect("messages");
    let shown: Vec<_> =
        messages.iter().map(|m| [&m["role"], &m["type"], &m["body"]].map(|v| v.as_str().expect("text"))).collect();
    assert_eq!(shown, [["user", "reply", "Hi"], ["assistant", "note", ""], ["assistant", "reply", "Hello"]]);
    for (message, item) in messages.iter().zip(list["data"].as_array().expect("items")) {
        let mut item = item.clone();
        let _ = item.as_object_mut().expect("an object").remove("id");
        assert_eq!(message["content"], item);
    }
}

#[tokio::test]
async fn item_posted_to_our_api_is_an_item() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    let call = json!({ "type": "mcp_call", "id": "mcp_foreign", "name": "f", "server_label": "s", "arguments": "{}" });
    let own = format!("{}/messages", own_path(&path));
    let _ = world.server_key().post(&own, &json!({ "type": "note", "content": call })).await.expect(201);
    let items = items(&world, &path).await;
    let id = items[0]["id"].as_str().expect("an id");
    assert!(id.starts_with("mcp_") && id.len() == 36, "{id}");
    assert_eq!((&items[0]["type"], &items[0]["name"]), (&json!("mcp_call"), &json!("f")));
    assert_eq!(ask(&world, Method::GET, &format!("{path}/items/{id}"), None).await.expect(200), items[0]);
}

#[tokio::test]
async fn conversation_of_our_api_is_readable() {
    let world = World::new().await;
    let body = json!({
        "subject": "Login", "customer": { "id": "cus_ada" }, "metadata": { "a": "b" },
        "message": { "body": "I cannot log in" },
    });
    let id = world.server_key().open(&body).await["id"].as_str().expect("an id").replace('-', "");
    let path = format!("/conv_{id}");
    assert_eq!(ask(&world, Method::GET, &path, None).await.expect(200)["metadata"], json!({ "a": "b" }));
    let _ = add(&world, &path, &json!([{ "role": "assistant", "content": "Try again" }])).await;
    assert_eq!(super::texts(&items(&world, &path).await), ["I cannot log in", "Try again"]);
    let key = world.server_key().ask(Method::GET, &format!("{BASE}/{id}")).send().await;
    let _ = key.expect(400);
}
