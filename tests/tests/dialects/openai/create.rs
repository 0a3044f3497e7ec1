use deskless_tests::World;
use http::Method;
use serde_json::{Value, json};

use super::{add, ask, assert_error, items, open, own_path, texts, user};

#[tokio::test]
async fn twenty_items_are_added_in_order() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    let names: Vec<_> = (0..20).map(|i| format!("Message {i}")).collect();
    let list = add(&world, &path, &names.iter().map(|name| user(name)).collect()).await;
    let data = list["data"].as_array().expect("items");
    assert_eq!(texts(data), names);
    assert_eq!((&list["object"], &list["has_more"]), (&json!("list"), &json!(false)));
    assert_eq!((&list["first_id"], &list["last_id"]), (&data[0]["id"], &data[19]["id"]));
    assert_eq!(items(&world, &path).await, *data);
    let ours = world.server_key().get(&own_path(&path)).await.expect(200)["conversation"].clone();
    assert_eq!((&ours["messageCount"], &ours["preview"]), (&json!(20), &json!("Message 19")));
    assert_eq!(ours["unreadCount"], 20);
    world.assert_sound().await;
}

#[tokio::test]
async fn conversation_is_created_with_twenty_items() {
    let world = World::new().await;
    let names: Vec<_> = (0..20).map(|i| format!("Message {i}")).collect();
    let body = json!({ "items": names.iter().map(|name| user(name)).collect::<Value>() });
    let path = open(&world, &body).await;
    assert_eq!(texts(&items(&world, &path).await), names);
    let ours = world.server_key().get(&own_path(&path)).await.expect(200)["conversation"].clone();
    assert_eq!((&ours["messageCount"], &ours["subject"]), (&json!(20), &json!("Message 0")));
    world.assert_sound().await;
}

#[tokio::test]
async fn one_invalid_item_adds_nothing() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    let rows = world.rows().await.len();
    let mixed = json!({ "items": [user("Hello"), { "type": "message", "role": "user" }] });
    let answer = ask(&world, Method::POST, &format!("{path}/items"), Some(&mixed)).await;
    assert_error(
        answer,
        400,
        "items[1].content",
        "missing_required_parameter",
        "Missing required parameter: 'items[1].content'.",
    );
    let answer = ask(&world, Method::POST, "", Some(&mixed)).await;
    let _ = answer.expect(400);
    assert_eq!(items(&world, &path).await, [] as [Value; 0]);
    assert_eq!(world.rows().await.len(), rows);
}

#[tokio::test]
async fn tool_calls_are_no_reply_of_the_customer() {
    let world = World::new().await;
    let path = open(&world, &json!({ "items": [user("Weather?")] })).await;
    let own = own_path(&path);
    let _ = world.server_key().patch(&own, &json!({ "status": "solved" })).await.expect(200);
    let _ = world.server_key().post(&format!("{own}/read"), &json!({})).await;
    let calls = json!([
        { "type": "reasoning", "summary": [] },
        { "type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}" },
        { "type": "function_call_output", "call_id": "call_1", "output": "Rain" },
        { "type": "message", "role": "developer", "content": "Be brief." },
    ]);
    let _ = add(&world, &path, &calls).await;
    let after = world.server_key().get(&own).await.expect(200)["conversation"].clone();
    assert_eq!((&after["status"], &after["preview"]), (&json!("solved"), &json!("Weather?")));
    assert_eq!((&after["unreadCount"], &after["messageCount"]), (&json!(0), &json!(5)));
    let _ = add(&world, &path, &json!([user("And tomorrow?"), { "role": "assistant", "content": "Sun" }])).await;
    let after = world.server_key().get(&own).await.expect(200)["conversation"].clone();
    assert_eq!((&after["status"], &after["preview"]), (&json!("open"), &json!("Sun")));
    assert_eq!((&after["unreadCount"], &after["awaitingReply"]), (&json!(1), &json!(false)));
    world.assert_sound().await;
}

#[tokio::test]
async fn long_items_are_added_whole() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    let long = "ü".repeat(128 * 1024);
    let middle: Vec<_> = (0..19).map(|i| user(&format!("{i}{}", "x".repeat(20_000)))).collect();
    let list = add(&world, &path, &json!([user(&long)])).await;
    assert_eq!(list["data"][0]["content"][0]["text"], long);
    let _ = add(&world, &path, &json!(middle)).await;
    let mut all = Vec::new();
    let mut after = String::new();
    loop {
        let page =
            ask(&world, Method::GET, &format!("{path}/items?order=asc&limit=100{after}"), None).await.expect(200);
        all.extend(page["data"].as_array().expect("items").clone());
        if page["has_more"] == false {
            break;
        }
        after = format!("&after={}", page["last_id"].as_str().expect("an id"));
    }
    assert_eq!(all.len(), 20);
    assert!(texts(&all).iter().skip(1).enumerate().all(|(i, text)| text.starts_with(&format!("{i}x"))));
    let over = json!({ "items": [user(&(long + "a"))] });
    let answer = ask(&world, Method::POST, &format!("{path}/items"), Some(&over)).await;
    let message = "Invalid 'items[0].content': too large. Expected at most 262144 bytes, but got 262145 bytes instead.";
    assert_error(answer, 400, "items[0].content", "string_above_max_length", message);
    world.assert_sound().await;
}

#[tokio::test]
async fn own_id_finds_the_item() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    let reasoning = json!({ "id": "rs_own", "type": "reasoning", "summary": [], "encrypted_content": "gAAA" });
    let list = add(&world, &path, &json!([user("a"), reasoning, user("b")])).await;
    assert_eq!(list["data"][1], reasoning);
    let item = format!("{path}/items/rs_own");
    assert_eq!(ask(&world, Method::GET, &item, None).await.expect(200), reasoning);
    let after = ask(&world, Method::GET, &format!("{path}/items?order=asc&after=rs_own"), None).await.expect(200);
    assert_eq!(texts(after["data"].as_array().expect("items")), ["b"]);
    let again = ask(&world, Method::POST, &format!("{path}/items"), Some(&json!({ "items": [reasoning] }))).await;
    let message = "Invalid 'items': an item with id 'rs_own' already exists in this conversation.";
    assert_error(again, 400, "items", "duplicate_item_id", message);
    // The agents' SDK takes items back and adds them again.
    let _ = ask(&world, Method::DELETE, &item, None).await.expect(200);
    let _ = ask(&world, Method::GET, &item, None).await.expect(404);
    let _ = add(&world, &path, &json!([reasoning])).await;
    assert_eq!(ask(&world, Method::GET, &item, None).await.expect(200), reasoning);
    assert_eq!(items(&world, &path).await.len(), 3);
    world.assert_sound().await;
}

#[tokio::test]
async fn id_of_another_item_is_refused() {
    let world = World::new().await;
    let path = open(&world, &json!({ "items": [user("a")] })).await;
    let listed = items(&world, &path).await[0].clone();
    for added in [json!([listed]), json!([user("b"), listed])] {
        let body = json!({ "items": added });
        let refused = ask(&world, Method::POST, &format!("{path}/items"), Some(&body)).await.expect(400);
        assert_eq!(refused["error"]["code"], "duplicate_item_id", "{refused}");
    }
    assert_eq!(items(&world, &path).await, std::slice::from_ref(&listed));
    // In another conversation, and after the item was deleted, nothing else has the id.
    let other = open(&world, &json!({ "items": [listed] })).await;
    assert_eq!(items(&world, &other).await[0]["id"], listed["id"]);
    let item = format!("{path}/items/{}", listed["id"].as_str().expect("an id"));
    let _ = ask(&world, Method::DELETE, &item, None).await.expect(200);
    let _ = add(&world, &path, &json!([listed])).await;
    assert_eq!(items(&world, &path).await.len(), 1);
}

#[tokio::test]
async fn id_that_no_path_has_is_refused() {
    let world = World::new().await;
    let path = open(&world, &json!({})).await;
    for id in [".", ".."] {
        let body = json!({ "items": [{ "id": id, "role": "user", "content": "a" }] });
        let refused = ask(&world, Method::POST, &format!("{path}/items"), Some(&body)).await.expect(400);
        assert_eq!(refused["error"]["param"], "items[0].id", "{id}");
    }
}
